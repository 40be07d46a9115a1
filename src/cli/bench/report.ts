import type { Case } from './cases.js';
import { type Figures, median } from './measure.js';

export interface CaseResult {
  readonly of: Case;
  readonly figures: readonly Figures[];
  /** Server by comparison, one per repeat. */
  readonly ratios: readonly number[];
}

interface Cell {
  readonly title: string;
  readonly of: (result: CaseResult) => string;
}

const cells: readonly Cell[] = [
  { title: 'case', of: ({ of }) => of.name },
  { title: 'conn.', of: ({ of }) => String(of.lanes) },
  { title: 'per s', of: ({ figures }) => rate(figures[0]) },
  {
    title: 'resources/s',
    of: ({ of, figures }) => (of.each === 1 ? '' : String(Math.round(figures[0]!.perSecond * of.each))),
  },
  { title: 'p50 ms', of: ({ figures }) => milliseconds(figures[0]!.p50) },
  { title: 'p99 ms', of: ({ figures }) => milliseconds(figures[0]!.p99) },
  { title: 'compared with', of: ({ of }) => of.contenders[1]?.name ?? '(for information)' },
  { title: 'per s', of: ({ figures }) => rate(figures[1]) },
  { title: 'p50 ms', of: ({ figures }) => (figures[1] === undefined ? '' : milliseconds(figures[1].p50)) },
  { title: 'p99 ms', of: ({ figures }) => (figures[1] === undefined ? '' : milliseconds(figures[1].p99)) },
  { title: 'ratio', of: ({ ratios }) => (ratios.length === 0 ? '' : median(ratios).toFixed(2)) },
  {
    title: 'lowest–highest',
    of: ({ ratios }) =>
      ratios.length === 0 ? '' : `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`,
  },
  { title: 'goal', of: (result) => goalText(result) },
];

const rate = (figures: Figures | undefined): string =>
  figures === undefined ? '' : figures.perSecond.toFixed(figures.perSecond < 100 ? 1 : 0);
const milliseconds = (value: number): string => value.toFixed(value < 10 ? 2 : 1);

function goalText({ of, ratios }: CaseResult): string {
  if (of.goal === undefined || ratios.length === 0) return '';
  return `≥ ${of.goal}: ${median(ratios) >= of.goal ? 'met' : 'not met'}`;
}

export function table(results: readonly CaseResult[]): string {
  const rows = [cells.map((cell) => cell.title), ...results.map((result) => cells.map((cell) => cell.of(result)))];
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
  }));
  const ratio = ratios.length === 0 ? undefined : median(ratios);
  return {
    case: of.name,
    connections: of.lanes,
    server: sides[0],
    comparison: sides[1],
    ratio,
    ratios,
    ...(of.goal === undefined || ratio === undefined ? {} : { goal: of.goal, met: ratio >= of.goal }),
  };
}
