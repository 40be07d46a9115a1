import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '..', '..');

/** One file of the source, read once. */
export interface SourceFile {
  /** From the root, `src/http/server.ts`. */
  readonly name: string;
  /** The first folder below src; a file directly below src has none. */
  readonly room: string;
  readonly lines: readonly string[];
  readonly imports: readonly Import[];
}

export interface Import {
  readonly line: number;
  /** As written. */
  readonly specifier: string;
  /** For a relative one, the file it means, from the root. */
  readonly file: string | undefined;
}

const importPattern = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)['"]([^'"]+)['"]/g;

export function readSource(folder: string): readonly SourceFile[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .sort()
    .map((name) => read(path.posix.join(folder, name.split(path.sep).join('/'))));
}

function read(name: string): SourceFile {
  const lines = readFileSync(path.join(root, name), 'utf8').split('\n');
  const [, room = ''] = name.split('/');
  const imports = lines.flatMap((text, index) =>
    isComment(text) ? [] : [...text.matchAll(importPattern)].map((match) => importOf(name, index + 1, match[1]!)),
  );
  return { name, room: room.endsWith('.ts') ? '' : room, lines, imports };
}

function importOf(from: string, line: number, specifier: string): Import {
  const relative = specifier.startsWith('.');
  return { line, specifier, file: relative ? target(path.posix.join(path.posix.dirname(from), specifier)) : undefined };
}

/** `a.js` is written as `a.ts`, or with markup as `a.tsx`. */
function target(place: string): string {
  const typed = place.replace(/\.js$/, '.ts');
  return existsSync(path.join(root, typed)) || !existsSync(path.join(root, `${typed}x`)) ? typed : `${typed}x`;
}

const isComment = (line: string): boolean => /^\s*(\/\/|\/?\*)/.test(line);

/** `src/a.ts:12: the line` for each line of code (not comment) that the pattern meets. */
export function linesMeeting(file: SourceFile, pattern: RegExp): readonly string[] {
  return file.lines.flatMap((text, index) =>
    !isComment(text) && pattern.test(text) ? [`${file.name}:${index + 1}: ${text.trim()}`] : [],
  );
}
