import { actionsOf, codedActions } from '../access/audit-action.js';
import { logPlace } from '../access/log-entry.js';
import type { Condition, DateValue, MatchCondition, ReferenceValue, TokenValue } from '../search/parse/request.js';
import type { LogFilter } from './audit-log.js';

/** A filter that lets every match through, and whether it lets through nothing else. */
export interface Narrowed {
  readonly filter: LogFilter;
  readonly exact: boolean;
}

/**
 * What of a search of AuditEvents the log's own columns can answer. The rest is held against each entry as it is shown.
 *
 * @param patientKey patient key of a logical id, for patients and other resources that concern one (`Type/id` → keys)
 */
export function narrowed(
  conditions: readonly Condition[],
  patientKeys: ReadonlyMap<string, readonly number[]>,
): Narrowed {
  let filter: LogFilter = {};
  let exact = true;
  for (const condition of conditions) {
    const part = plain(condition) ? partOf(condition, patientKeys) : undefined;
    if (part === undefined || Object.keys(part.filter).some((name) => name in filter)) exact = false;
    else {
      filter = { ...filter, ...part.filter };
      exact &&= part.exact;
    }
  }
  return { filter, exact };
}

const plain = (condition: Condition): condition is MatchCondition =>
  condition.op === 'match' && !condition.not && condition.unequal !== true && condition.how === 'equals';

/** The resources that a search names, so that their patients can be found first. */
export function namedResources(conditions: readonly Condition[]): readonly string[] {
  return conditions.flatMap((condition) =>
    plain(condition) && (condition.parameter.code === 'patient' || condition.parameter.code === 'entity')
      ? condition.values.flatMap((value) => namesOf(condition, value as ReferenceValue))
      : [],
  );
}

const namesOf = ({ parameter }: MatchCondition, value: ReferenceValue): string[] =>
  value.kind !== 'reference'
    ? []
    : (value.types ?? (parameter.code === 'patient' ? ['Patient'] : [])).map((type) => `${type}/${value.id}`);

function partOf(condition: MatchCondition, patientKeys: ReadonlyMap<string, readonly number[]>): Narrowed | undefined {
  const { parameter, values } = condition;
  const codes = (values as readonly TokenValue[]).map(({ code }) => code ?? '');
  switch (parameter.code) {
    case '_id':
      return { filter: { places: codes.flatMap((code) => logPlace(code) ?? []) }, exact: true };
    case 'date':
    case '_lastUpdated':
      return values.length === 1 ? dates(values[0] as DateValue) : undefined;
    case 'outcome':
      return codes.every((code) => /^\d{1,2}$/.test(code))
        ? {
            filter: { outcomes: codes.map(Number) },
            exact: (values as readonly TokenValue[]).every(({ system }) => !system),
          }
        : undefined;
    case 'action': {
      const [code] = codes;
      if (codes.length !== 1 || code === undefined) return undefined;
      const actions = actionsOf(code);
      return {
        filter: actions === undefined ? { exceptActions: codedActions } : { actions },
        exact: (values as readonly TokenValue[]).every(({ system }) => !system),
      };
    }
    case 'patient': {
      const names = values.map((value) => namesOf(condition, value as ReferenceValue));
      if (names.some((list) => list.length === 0)) return undefined;
      return { filter: { patients: names.flat().flatMap((name) => patientKeys.get(name) ?? []) }, exact: true };
    }
    case 'entity': {
      const names = values.flatMap((value) => namesOf(condition, value as ReferenceValue));
      const keys = names.map((name) => patientKeys.get(name) ?? []);
      // What concerns no patient is found by none.
      if (names.length < values.length || keys.some((list) => list.length === 0)) return undefined;
      return { filter: { patients: keys.flat() }, exact: false };
    }
    default:
      return undefined;
  }
}

/** An entry happened at one millisecond, so ranges are exact. */
function dates({ prefix, low, high }: DateValue): Narrowed | undefined {
  switch (prefix) {
    case 'eq':
    case 'ap':
      return { filter: { from: low, until: high }, exact: true };
    case 'ge':
      return { filter: { from: low }, exact: true };
    case 'gt':
    case 'sa':
      return { filter: { from: high }, exact: true };
    case 'lt':
    case 'eb':
      return { filter: { until: low }, exact: true };
    case 'le':
      return { filter: { until: high }, exact: true };
    case 'ne':
      return undefined;
  }
}
