import { partitionProblems } from '../ruleset/partition.js';
import { type Check, partOf, tablesOf } from './finding.js';

/** Every possible value lies in exactly one zone. */
export const checkPartition: Check = (plan) =>
  tablesOf(plan).flatMap((found) => {
    const { key, name, measure, table } = found;
    return partitionProblems(table, measure).map(({ value, zones }) => ({
      severity: 'error' as const,
      check: zones.length === 0 ? ('zone-gap' as const) : ('zone-overlap' as const),
      place: { kind: 'measure' as const, id: key },
      values: {
        ...partOf(found),
        value,
        unit: measure.unit,
        ...(zones.length === 0 ? {} : { zones: zones.join(',') }),
      },
      words:
        zones.length === 0
          ? `${name}: ${value} ${measure.unit} is in no zone.`
          : `${name}: ${value} ${measure.unit} is in several zones (${zones.join(', ')}).`,
    }));
  });
