// https://github.com/ndjson/ndjson-spec
/** Lines kept together in one row of the database, by number and by length. */
const mostLines = 500;
const longest = 1_000_000;

/** The lines of a text that are not empty, in portions. */
export function* linesOf(text: string): Generator<readonly string[]> {
  let lines: string[] = [];
  let length = 0;
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') continue;
    lines.push(line);
    length += line.length;
    if (lines.length < mostLines && length < longest) continue;
    yield lines;
    lines = [];
    length = 0;
  }
  if (lines.length > 0) yield lines;
}
