import { isNumber, literalOf } from '../../fhir/json-number.js';
import type { Resource } from '../../fhir/resource.js';
import { withExtension } from '../vocabulary/element.js';
import { approvalUrl } from './frame-codec.js';

/** Not clinical content: the server's own, the narrative, the status, and the approval itself (decision 8). */
const left = new Set(['id', 'meta', 'text', 'status', 'implicitRules', 'language']);

/** The plan's clinical content as one text: names sorted, no white space, decimals as written. */
export function canonicalContent(plan: Resource): string {
  const content = Object.fromEntries(
    Object.entries(withExtension(plan, approvalUrl)).filter(([name]) => !left.has(name)),
  );
  return canonical(content);
}

function canonical(value: unknown): string {
  if (isNumber(value)) return literalOf(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const entries = Object.entries(value as Record<string, unknown>).filter(([, content]) => content !== undefined);
  const sorted = entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([name, content]) => `${JSON.stringify(name)}:${canonical(content)}`).join(',')}}`;
}
