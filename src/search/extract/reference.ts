// https://hl7.org/fhir/R4/search.html#reference
import { parseReference } from '../../fhir/reference.js';
import { bounded } from '../fold.js';
import type { ReferenceRow } from '../index-row.js';
import { asRecord, asText, type Collect, type Extraction } from './extraction.js';

type Target = Omit<ReferenceRow, 'kind' | 'param'>;

/** Reference (literal, logical or both), canonical and uri, and a nested resource (Bundle.entry[0].resource). */
export function collectReferences(param: string): Collect {
  return (value, extraction) => {
    if (typeof value === 'string') {
      const target = literalTarget(value, extraction.base);
      if (target !== undefined) extraction.rows.push({ kind: 'reference', param, ...target });
      return;
    }
    const record = asRecord(value);
    if (record === undefined) return;
    const target = record['resourceType'] === undefined ? referenceTarget(record, extraction) : nestedTarget(record);
    if (target !== undefined) extraction.rows.push({ kind: 'reference', param, ...target });
  };
}

function referenceTarget(reference: Readonly<Record<string, unknown>>, extraction: Extraction): Target | undefined {
  const text = asText(reference['reference']);
  const literal = text === undefined ? undefined : literalTarget(text, extraction.base);
  const identifier = asRecord(reference['identifier']);
  const value = asText(identifier?.['value']);
  if (value === undefined) return literal;
  const type = asText(reference['type']);
  return {
    ...(literal === undefined && type !== undefined && /^[A-Z][A-Za-z]{1,63}$/.test(type) && { targetType: type }),
    ...literal,
    identifierSystem: bounded(asText(identifier?.['system']) ?? ''),
    identifierValue: bounded(value),
  };
}

/** Local → type and id; elsewhere → URL without `|version`; a contained resource is no target. */
export function literalTarget(text: string, base: string | undefined): Target | undefined {
  if (text === '' || text.startsWith('#')) return undefined;
  const parsed = parseReference(text, base);
  switch (parsed.kind) {
    case 'local':
      return {
        targetType: parsed.type,
        targetId: parsed.id,
        ...(parsed.version !== undefined && { targetVersion: parsed.version }),
      };
    case 'absolute':
      return { url: bounded(withoutVersion(text)), ...(parsed.type !== undefined && { targetType: parsed.type }) };
    case 'contained':
    case 'conditional':
      return undefined;
    default:
      return { url: bounded(withoutVersion(text)) };
  }
}

/** https://hl7.org/fhir/R4/references.html#canonical – searches find every version of a canonical. */
export const withoutVersion = (url: string): string => {
  const at = url.indexOf('|');
  return at > 0 ? url.slice(0, at) : url;
};

function nestedTarget(resource: Readonly<Record<string, unknown>>): Target | undefined {
  const type = asText(resource['resourceType']);
  const id = asText(resource['id']);
  return type === undefined || id === undefined || id.length > 64
    ? undefined
    : { targetType: bounded(type), targetId: bounded(id) };
}
