import { columnParameters, type ParameterDefinition, type RowSource } from './parameter.js';

/**
 * Decides which parameters of one type have rows of their own. A value that another parameter of the same kind stores
 * already is not stored twice:
 *
 * - the same expression under another code: the alphabetically first code keeps the rows (`name` for `phonetic`);
 * - `E.where(resolve() is T)` where another stores all of `E`: that one's rows with target type T (`patient` ← `subject`);
 * - a union whose parts others store (`combo-code` ← `code` and `component-code`).
 *
 * Nothing here knows a parameter by name; only expressions are compared. What the operator adds never takes over the rows of
 * what was there before.
 *
 * @param parameters every parameter of one type (composites have no rows and are left out of the result)
 */
export function rowSources(parameters: readonly ParameterDefinition[]): Map<string, readonly RowSource[]> {
  const sources = new Map<string, readonly RowSource[]>();
  const bySize = parameters
    .filter((parameter) => parameter.kind !== 'composite' && !columnParameters.has(parameter.code))
    .sort(
      (a, b) =>
        Number(a.own ?? false) - Number(b.own ?? false) ||
        a.expression.length - b.expression.length ||
        filters(a) - filters(b) ||
        compare(a.code, b.code),
    );
  const kept: ParameterDefinition[] = [];
  for (const parameter of bySize) {
    const found = derive(parameter, kept);
    sources.set(parameter.code, found ?? [{ param: parameter.code }]);
    if (found === undefined) kept.push(parameter);
  }
  return sources;
}

function derive(
  parameter: ParameterDefinition,
  kept: readonly ParameterDefinition[],
): readonly RowSource[] | undefined {
  const left = new Set(parameter.expression);
  const found: RowSource[] = [];
  for (const other of kept) {
    if (other.kind !== parameter.kind || other.store !== parameter.store || other.expression.length === 0) continue;
    if (other.expression.every((branch) => parameter.expression.includes(branch))) {
      found.push({ param: other.code });
      for (const branch of other.expression) left.delete(branch);
      continue;
    }
    const target = commonTarget(parameter, other);
    if (target !== undefined) return [{ param: other.code, target }];
  }
  return left.size === 0 && found.length > 0 ? found : undefined;
}

const targetFilter = /\.where\(resolve\(\) is ([A-Za-z]+)\)$/;

/** T where every branch of `parameter` is `E.where(resolve() is T)` and the E are exactly the branches of `other`. */
function commonTarget(parameter: ParameterDefinition, other: ParameterDefinition): string | undefined {
  const targets = new Set(parameter.expression.map((branch) => targetFilter.exec(branch)?.[1]));
  const [target] = targets;
  if (targets.size !== 1 || target === undefined) return undefined;
  const open = new Set(parameter.expression.map((branch) => branch.replace(targetFilter, '')));
  return open.size === other.expression.length && other.expression.every((branch) => open.has(branch))
    ? target
    : undefined;
}

const filters = (parameter: ParameterDefinition): number =>
  parameter.expression.some((branch) => targetFilter.test(branch)) ? 1 : 0;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
