// https://hl7.org/fhir/R4/search.html#uri
import { bounded } from '../fold.js';
import type { Collect } from './extraction.js';

/** uri, url, canonical, oid, uuid. Compared to the letter; a canonical with a version is found without it, too. */
export function collectUris(param: string): Collect {
  return (value, extraction) => {
    if (typeof value !== 'string' || value === '') return;
    extraction.rows.push({ kind: 'uri', param, value: bounded(value) });
    const at = value.indexOf('|');
    if (at > 0) extraction.rows.push({ kind: 'uri', param, value: bounded(value.slice(0, at)) });
  };
}
