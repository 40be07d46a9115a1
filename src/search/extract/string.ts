// https://hl7.org/fhir/R4/search.html#string
import { bounded, fold } from '../fold.js';
import { asList, asRecord, type Collect, type Extraction } from './extraction.js';

/** The parts of HumanName and Address that a search looks at. */
const parts = [
  'text',
  'family',
  'given',
  'prefix',
  'suffix',
  'line',
  'city',
  'district',
  'state',
  'postalCode',
  'country',
];

/** string, markdown; HumanName and Address part by part. */
export function collectStrings(param: string): Collect {
  return (value, extraction) => {
    if (typeof value === 'string') return add(param, value, extraction);
    const record = asRecord(value);
    if (record === undefined) return;
    for (const part of parts) {
      const found = record[part];
      if (found === undefined) continue;
      for (const item of asList(found)) if (typeof item === 'string') add(param, item, extraction);
    }
  };
}

function add(param: string, value: string, extraction: Extraction): void {
  const exact = bounded(value);
  const folded = bounded(fold(exact));
  if (exact !== '') extraction.rows.push({ kind: 'string', param, value: folded, exact });
}
