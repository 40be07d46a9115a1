// https://hl7.org/fhir/R4/search.html#uri
import { bounded } from '../fold.js';
import type { Collect } from './extraction.js';

/** uri, url, canonical, oid, uuid. Compared to the letter. */
export function collectUris(param: string): Collect {
  return (value, extraction) => {
    if (typeof value === 'string' && value !== '') extraction.rows.push({ kind: 'uri', param, value: bounded(value) });
  };
}
