import type { ZoneTable } from '../ruleset/grammar.js';
import { type Check, partOf, valuesOf } from './finding.js';

/** Tables by circumstance need one for when it is not told. */
export const checkContexts: Check = (plan) =>
  valuesOf(plan).flatMap((found) => {
    const { key, name, measure } = found;
    const { zones = [] } = measure;
    if (Array.isArray(zones) || Object.hasOwn(zones as Readonly<Record<string, ZoneTable>>, 'default')) return [];
    return [
      {
        severity: 'error' as const,
        check: 'no-default-context',
        place: { kind: 'measure' as const, id: key },
        words: `${name} has limits by circumstance, but none for a reading that does not tell it.`,
        values: partOf(found),
      },
    ];
  });
