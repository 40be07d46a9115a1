// https://hl7.org/fhir/R4/search.html#reference
import { parseReference } from '../../fhir/reference.js';
import { bounded } from '../fold.js';
import type { ReferenceRow } from '../index-row.js';
import { containedTarget, mostContained } from '../contained-param.js';
import { asList, asRecord, asText, type Collect, type Extraction } from './extraction.js';

type Target = Omit<ReferenceRow, 'kind' | 'param'>;

/** Reference (literal, logical or both), canonical and uri, and a nested resource (Bundle.entry[0].resource). */
export function collectReferences(param: string): Collect {
  return (value, extraction) => {
    if (typeof value === 'string') {
      const target = containedTargetOf(value, extraction) ?? literalTarget(value, extraction.base);
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
  const literal =
    text === undefined ? undefined : (containedTargetOf(text, extraction) ?? literalTarget(text, extraction.base));
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

/** `#id` → the contained resource, by its place. */
function containedTargetOf(text: string, { resource }: Extraction): Target | undefined {
  if (!text.startsWith('#')) return undefined;
  const place = asList((resource as { readonly contained?: unknown }).contained)
    .slice(0, mostContained)
    .findIndex((one) => asRecord(one)?.['id'] === text.slice(1));
  const type = asText(
    asRecord(asList((resource as { readonly contained?: unknown }).contained)[place])?.['resourceType'],
  );
  return place === -1 || type === undefined || !/^[A-Z][A-Za-z]{1,63}$/.test(type)
    ? undefined
    : { targetType: type, targetId: containedTarget(place) };
}

/** Local → type and id; elsewhere → URL without `|version`. */
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
      return { ...canonical(text), ...(parsed.type !== undefined && { targetType: parsed.type }) };
    case 'contained':
    case 'conditional':
      return undefined;
    default:
      return canonical(text);
  }
}

function canonical(text: string): Target {
  const version = versionOf(text);
  return { url: bounded(withoutVersion(text)), ...(version !== undefined && { targetVersion: version }) };
}

/** https://hl7.org/fhir/R4/references.html#canonical – a search without a version finds every version. */
export const withoutVersion = (url: string): string => {
  const at = url.indexOf('|');
  return at > 0 ? url.slice(0, at) : url;
};

/** Bounded as an id is: longer ones are told apart by their beginning. */
export function versionOf(url: string): string | undefined {
  const version = /\|([^#]+)/.exec(url)?.[1];
  return version?.slice(0, 64);
}

function nestedTarget(resource: Readonly<Record<string, unknown>>): Target | undefined {
  const type = asText(resource['resourceType']);
  const id = asText(resource['id']);
  return type === undefined || id === undefined || id.length > 64
    ? undefined
    : { targetType: bounded(type), targetId: bounded(id) };
}
