import { isNumber, literalOf } from '../../fhir/json.js';

/** Are two parsed JSON values the same, whatever the order of names? `1.0` is not `1`: precision is content. */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (isNumber(left) && isNumber(right)) return literalOf(left) === literalOf(right);
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (isNumber(left) || isNumber(right) || Array.isArray(left) !== Array.isArray(right)) return false;
  if (Array.isArray(left)) {
    return (
      left.length === (right as unknown[]).length &&
      left.every((one, index) => sameJson(one, (right as unknown[])[index]))
    );
  }
  const names = Object.keys(left).filter((name) => (left as Record<string, unknown>)[name] !== undefined);
  const others = Object.keys(right).filter((name) => (right as Record<string, unknown>)[name] !== undefined);
  return (
    names.length === others.length &&
    names.every((name) => sameJson((left as Record<string, unknown>)[name], (right as Record<string, unknown>)[name]))
  );
}
