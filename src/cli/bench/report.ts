import type { Case } from './cases.js';
import { type Figures, median } from './measure.js';

export interface CaseResult {
  readonly of: Case;
  readonly figures: readonly Figures[];
  /** Per contender: the server's rate by its rate, one per repeat. */
  readonly ratios: readonly (readonly number[])[];
}

/** A line of the table: the server beside one of its contenders (`with`: its place; 0 = none). */
interface Line {
  readonly result: CaseResult;
  readonly with: number;
}

interface Cell {
  readonly title: string;
  readonly of: (line: Line) => string;
}

const server = ({ result }: Line): Figures => result.figures[0]!;
const other = (line: Line): Figures | undefined => (line.with === 0 ? undefined : line.result.figures[line.with]);
const ratios = (line: Line): readonly number[] => (line.with === 0 ? [] : line.result.ratios[line.with]!);
const ifAny = (values: readonly number[], text: () => string): string => (values.length === 0 ? '' : text());

const cells: readonly Cell[] = [
  { title: 'case', of: ({ result }) => result.of.name },
  { title: 'conn.', of: ({ result }) => String(result.of.lanes) },
  { title: 'per s', of: (line) => rate(server(line)) },
  {
    title: 'resources/s',
    of: (line) => (line.result.of.each === 1 ? '' : String(Math.round(server(line).perSecond * line.result.of.each))),
  },
  { title: 'p50 ms', of: (line) => milliseconds(server(line).p50) },
  { title: 'p99 ms', of: (line) => milliseconds(server(line).p99) },
  {
    title: 'compared with',
    of: ({ result, with: place }) => (place === 0 ? '(for information)' : result.of.contenders[place]!.name),
  },
  { title: 'per s', of: (line) => rate(other(line)) },
  { title: 'p50 ms', of: (line) => milliseconds(other(line)?.p50) },
  { title: 'p99 ms', of: (line) => milliseconds(other(line)?.p99) },
  { title: 'ratio', of: (line) => ifAny(ratios(line), () => median(ratios(line)).toFixed(2)) },
  {
    title: 'lowest–highest',
    of: (line) =>
      ifAny(ratios(line), () => `${Math.min(...ratios(line)).toFixed(2)}–${Math.max(...ratios(line)).toFixed(2)}`),
  },
  { title: 'goal', of: (line) => goalText(line) },
];

const rate = (figures: Figures | undefined): string =>
  figures === undefined ? '' : figures.perSecond.toFixed(figures.perSecond < 100 ? 1 : 0);
const milliseconds = (value: number | undefined): string =>
  value === undefined ? '' : value.toFixed(value < 10 ? 2 : 1);

function goalText({ result, with: place }: Line): string {
  const { goal } = result.of;
  if (goal === undefined || place !== 1) return '';
  return `≥ ${goal}: ${median(result.ratios[1]!) >= goal ? 'met' : 'not met'}`;
}

export function table(results: readonly CaseResult[]): string {
  const lines = results.flatMap((result): Line[] =>
    result.figures.length === 1
      ? [{ result, with: 0 }]
      : result.figures.slice(1).map((_, at) => ({ result, with: at + 1 })),
  );
  const rows = [cells.map((cell) => cell.title), ...lines.map((line) => cells.map((cell) => cell.of(line)))];
  const widths = cells.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const isText = (column: number): boolean => column === 0 || column === 6;
  const line = (row: readonly string[]): string =>
    row
      .map((text, column) => (isText(column) ? text.padEnd(widths[column]!) : text.padStart(widths[column]!)))
      .join('  ')
      .trimEnd();
  return [line(rows[0]!), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.slice(1).map(line)].join('\n');
}

/** One result as it stands in the file. */
export function resultJson({ of, figures, ratios }: CaseResult): object {
  const sides = figures.map((each, at) => ({
    name: of.contenders[at]!.name,
    ...each,
    resourcesPerSecond: each.perSecond * of.each,
    ...(at === 0 ? {} : { ratio: median(ratios[at]!), ratios: ratios[at] }),
  }));
  const goal =
    of.goal === undefined || figures.length === 1 ? {} : { goal: of.goal, met: median(ratios[1]!) >= of.goal };
  return { case: of.name, connections: of.lanes, server: sides[0], comparisons: sides.slice(1), ...goal };
}
