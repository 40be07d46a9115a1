import type {
  ChainCondition,
  Condition,
  DateValue,
  MatchCondition,
  ReferenceValue,
  SearchRequest,
} from '../../search/parse/request.js';
import { blockedCondition, relatedToPatient, scopeCondition } from '../scope-condition.js';
import type { Queryable } from '../pool.js';
import { conditionSql } from './condition-sql.js';
import type { Cursor } from './cursor.js';
import { dateRow, tokenRows } from './row-conditions.js';
import type { SearchContext } from './search-context.js';

/**
 * The search that nurses and doctors do all day – Observations of a patient and a code by date – read from the
 * time-series index, which has the rows in this very order.
 */
export interface SeriesSearch {
  readonly patient: MatchCondition | ChainCondition;
  readonly code: MatchCondition;
  readonly dates: readonly MatchCondition[];
  readonly rest: readonly Condition[];
  readonly descending: boolean;
}

/** A row of the statement. */
export interface SeriesPageRow {
  readonly rid: number;
  readonly id: string;
  /** The stored text; its bytes where the connection gives them. */
  readonly content: Buffer | string;
  /** Milliseconds since 1970 that it is sorted by. */
  readonly k0: number;
  /** The patient of the series. */
  readonly patient: number;
  /** Whether what was presumed holds. */
  readonly seen?: boolean;
}

/** The parts of such a search; undefined where it is another. */
export function seriesSearch(request: SearchRequest): SeriesSearch | undefined {
  const [sort, ...more] = request.sort;
  if (request.type !== 'Observation' || sort?.parameter.code !== 'date' || more.length > 0) return undefined;
  const patient = request.conditions.find(isPatient);
  const code = request.conditions.find(isCode);
  if (patient === undefined || code === undefined) return undefined;
  const dates = request.conditions.filter(isDate);
  const rest = request.conditions.filter(
    (condition) => condition !== patient && condition !== code && !dates.includes(condition as MatchCondition),
  );
  return {
    patient: patient as MatchCondition | ChainCondition,
    code: code as MatchCondition,
    dates,
    rest,
    descending: sort.descending,
  };
}

const refersToSubject = (condition: MatchCondition | ChainCondition): boolean =>
  condition.parameter.sources.length === 1 && condition.parameter.sources[0]!.param === 'subject';

function isPatient(condition: Condition): boolean {
  if (condition.op === 'chain')
    return refersToSubject(condition) && condition.branches.length === 1 && condition.branches[0]!.type === 'Patient';
  if (
    condition.op !== 'match' ||
    condition.not ||
    condition.how !== 'equals' ||
    !refersToSubject(condition) ||
    condition.values.length !== 1
  )
    return false;
  const [value] = condition.values;
  return (
    value?.kind === 'reference' &&
    value.version === undefined &&
    value.types?.length === 1 &&
    value.types[0] === 'Patient'
  );
}

const isCode = (condition: Condition): boolean =>
  condition.op === 'match' &&
  condition.parameter.code === 'code' &&
  condition.how === 'equals' &&
  !condition.not &&
  condition.values.every((value) => value.kind === 'token' && value.code !== undefined);

const isDate = (condition: Condition): condition is MatchCondition =>
  condition.op === 'match' && condition.parameter.code === 'date' && !condition.not;

/** The rid of the one patient that a chain (`patient.identifier=`) names; undefined for none, null for several. */
export async function chainedPatient(
  db: Queryable,
  chain: ChainCondition,
  context: SearchContext,
): Promise<number | undefined | null> {
  const visible = context.visible('t', 'Patient');
  const condition = conditionSql('t', chain.branches[0]!.condition, context);
  if (visible === 'false' || condition === 'false') return undefined;
  const { rows } = await db.query<{ rid: number }>(
    context.statement(`select t.rid::float8 as rid from resource t where ${visible} and ${condition} limit 2`),
  );
  return rows.length > 1 ? null : rows[0]?.rid;
}

/**
 * The statement for one page. With `presumed`, what the caller may see is not a condition but the column `seen`: nearly
 * always every row concerns just this patient, to whom the caller has a relation; then that holds for the page, and the
 * statement stays so small that planning it costs nothing. Where a row is not seen, the page is read again without.
 *
 * @param page `patient`: the rid, where a chain was resolved before
 * @returns undefined where nothing can match
 */
export function seriesPageSql(
  search: SeriesSearch,
  page: {
    readonly after: Cursor | undefined;
    readonly limit: number;
    readonly patient: number | undefined;
    readonly presumed: boolean;
  },
  context: SearchContext,
): string | undefined {
  const codes = tokenRows('o', search.code.values, context);
  const rest = search.rest
    .map((condition) => conditionSql('r', condition, context))
    .filter((condition) => condition !== 'true');
  if (codes.length === 0 || rest.includes('false')) return undefined;
  const patient = patientSql(search, page.patient, context);
  const visible = page.presumed
    ? 'true'
    : scopeCondition('r', 'Observation', context.scope, context.params, context.deps.dictionary);
  if (visible === 'false') return undefined;
  const dates = search.dates.map(
    (condition) =>
      `(${(condition.values as readonly DateValue[]).map((value) => dateRow('o', value, context)).join(' or ')})`,
  );
  const operator = search.descending ? '<' : '>';
  const after =
    page.after === undefined
      ? []
      : [
          `(o.low, o.rid) ${operator} (${context.bind(page.after.keys[0], 'bigint')}, ${context.bind(page.after.rid, 'bigint')})`,
        ];
  const point = [`o.patient = ${patient}`, `(${codes.join(' or ')})`, 'not o.component', ...dates, ...after];
  const direction = search.descending ? ' desc' : '';
  const several = !/^o\.code = \$\d+$/.test(codes[0]!) || codes.length > 1;
  const points = several
    ? `(select distinct o.low, o.rid from observation_point o where ${point.join(' and ')}) o`
    : 'observation_point o';
  const conditions = [
    ...(several ? [] : point),
    'r.content is not null',
    ...(visible === 'true' ? [] : [visible]),
    ...rest,
  ];
  const seen = page.presumed ? `, ${seenSql(patient, context)} as seen` : '';
  return (
    `select r.rid::float8 as rid, r.id, r.content::varchar as content, o.low::float8 as k0, r.patients[1]::float8 as patient${seen} from ${points} join resource r on r.rid = o.rid` +
    ` where ${conditions.join(' and ')} order by o.low${direction}, o.rid${direction} limit ${page.limit}`
  );
}

function patientSql({ patient }: SeriesSearch, rid: number | undefined, context: SearchContext): string {
  if (rid !== undefined) return context.bind(rid, 'bigint');
  const { id } = (patient as MatchCondition).values[0] as ReferenceValue;
  return `(select p.rid from resource p where p.type = ${context.deps.dictionary.typeId('Patient')} and p.id = ${context.bind(id)})`;
}

/** Holds for rows that concern the patient alone, where the caller has a running relation to the patient. */
function seenSql(patient: string, context: SearchContext): string {
  const { scope, params, deps } = context;
  const within = scopeCondition('r', 'Observation', { ...scope, visibility: () => 'all' }, params, deps.dictionary);
  const own = `r.patients = array[${patient}] and ${relatedToPatient(patient, scope, params, deps.dictionary)}`;
  const open = blockedCondition('r', 'Observation', scope, params, deps.dictionary);
  return within === 'true' ? `(${own} and ${open})` : `(${within} and ${own} and ${open})`;
}
