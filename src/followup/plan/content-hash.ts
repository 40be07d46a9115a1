import { createHash } from 'node:crypto';
import { isNumber, literalOf } from '../../fhir/json.js';
import type { Resource } from '../../fhir/resource.js';
import { withExtension } from '../vocabulary/element.js';
import { approvalUrl } from './frame-codec.js';

/** Not clinical content: the server's own, the narrative, the status, and the approval itself (decision 8). */
const left = new Set(['id', 'meta', 'text', 'status', 'implicitRules', 'language']);

/**
 * What is approved: SHA-256 over the plan's clinical content in a canonical form (names sorted, no white space, decimals
 * as written). The same for a draft and for the version in force that came from it.
 */
export function contentHash(plan: Resource): string {
  const content = Object.fromEntries(
    Object.entries(withExtension(plan, approvalUrl)).filter(([name]) => !left.has(name)),
  );
  return `sha256:${createHash('sha256').update(canonical(content)).digest('hex')}`;
}

function canonical(value: unknown): string {
  if (isNumber(value)) return literalOf(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const entries = Object.entries(value as Record<string, unknown>).filter(([, content]) => content !== undefined);
  const sorted = entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([name, content]) => `${JSON.stringify(name)}:${canonical(content)}`).join(',')}}`;
}
