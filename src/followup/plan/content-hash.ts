import { createHash } from 'node:crypto';
import type { Resource } from '../../fhir/resource.js';
import { canonicalContent } from './canonical-content.js';

/**
 * What is approved: SHA-256 over the plan's clinical content in its canonical form. The same for a draft and for the version
 * in force that came from it.
 */
export const contentHash = (plan: Resource): string =>
  `sha256:${createHash('sha256').update(canonicalContent(plan)).digest('hex')}`;
