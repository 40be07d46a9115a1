// https://hl7.org/fhir/R4/search.html#token
import { isNumber, literalOf } from '../../fhir/json-number.js';
import { bounded } from '../fold.js';
import type { SearchParameter } from '../parameter.js';
import { asList, asRecord, asText, type Collect, type Extraction } from './extraction.js';

/** ContactPoint.system is a kind of device, not a namespace of values; tokens of contact points have no system. */
const contactSystems: ReadonlySet<string> = new Set(['phone', 'fax', 'email', 'pager', 'url', 'sms', 'other']);

/** code, boolean, Coding, CodeableConcept → token rows; Identifier, ContactPoint, id, string → identifier rows. */
export function collectTokens(parameter: SearchParameter): Collect {
  const param = parameter.code;
  const asTextValue = parameter.store === 'text';
  return (value, extraction) => {
    if (typeof value === 'string') {
      if (value === '') return;
      if (asTextValue) extraction.rows.push({ kind: 'identifier', param, system: '', value: bounded(value) });
      else extraction.rows.push({ kind: 'token', param, system: '', code: bounded(value) });
    } else if (typeof value === 'boolean') {
      extraction.rows.push({ kind: 'token', param, system: '', code: String(value) });
    } else if (isNumber(value)) {
      extraction.rows.push({ kind: 'token', param, system: '', code: bounded(literalOf(value)) });
    } else {
      const record = asRecord(value);
      if (record !== undefined) collectObject(param, record, extraction);
    }
  };
}

function collectObject(param: string, value: Readonly<Record<string, unknown>>, extraction: Extraction): void {
  if (Array.isArray(value['coding'])) {
    for (const coding of value['coding']) collectCoding(param, asRecord(coding), extraction);
  } else if (asText(value['value']) !== undefined) collectIdentifier(param, value, extraction);
  else collectCoding(param, value, extraction);
}

function collectCoding(
  param: string,
  coding: Readonly<Record<string, unknown>> | undefined,
  extraction: Extraction,
): void {
  const code = asText(coding?.['code']);
  if (code === undefined) return;
  extraction.rows.push({
    kind: 'token',
    param,
    system: bounded(asText(coding?.['system']) ?? ''),
    code: bounded(code),
  });
}

function collectIdentifier(param: string, identifier: Readonly<Record<string, unknown>>, extraction: Extraction): void {
  const system = asText(identifier['system']) ?? '';
  const row = {
    kind: 'identifier',
    param,
    system: contactSystems.has(system) ? '' : bounded(system),
    value: bounded(identifier['value'] as string),
  } as const;
  const types = asList(asRecord(identifier['type'])?.['coding'])
    .map(asRecord)
    .filter((coding) => asText(coding?.['code']) !== undefined);
  if (types.length === 0) extraction.rows.push(row);
  for (const type of types) {
    extraction.rows.push({
      ...row,
      typeSystem: bounded(asText(type?.['system']) ?? ''),
      typeCode: bounded(type?.['code'] as string),
    });
  }
}
