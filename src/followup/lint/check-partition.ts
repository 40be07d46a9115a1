import { partitionProblems } from '../ruleset/partition.js';
import { type Check, tablesOf } from './finding.js';

/** Every possible value lies in exactly one zone. */
export const checkPartition: Check = (plan) =>
  tablesOf(plan).flatMap(({ key, name, measure, table }) =>
    partitionProblems(table, measure).map(({ value, zones }) => ({
      severity: 'error' as const,
      check: zones.length === 0 ? 'zone-gap' : 'zone-overlap',
      place: { kind: 'measure' as const, id: key },
      words:
        zones.length === 0
          ? `${name}: ${value} ${measure.unit} is in no zone.`
          : `${name}: ${value} ${measure.unit} is in several zones (${zones.join(', ')}).`,
    })),
  );
