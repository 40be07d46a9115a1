import type { Resource } from './resource.js';

/** The new form of a reference or uri, or undefined where it stays as it is. */
export type ReferenceMap = (reference: string) => string | undefined;

/**
 * Names of all elements that are of type Reference.reference, uri, url, canonical, oid or uuid somewhere in R4. A few of
 * them are strings or codes elsewhere; as only values that equal a fullUrl of the Bundle are replaced, no definitions are
 * needed to tell them apart. `system` and the like are included, as the rule does not except them.
 */
const uriElements = new Set(
  (
    'reference implicitRules url library profile transform policy location instantiates imports implementationGuide ' +
    'supportedProfile definition compartment address instantiatesCanonical instantiatesUri definitionUri definitionCanonical ' +
    'derivedFromUri partOf replaces protocol valueSet supplements uri sourceUri sourceCanonical targetUri targetCanonical source ' +
    'target property system authority valueUri authorizationUrl issuer jurisdiction onlineInformation workflow moduleUri ' +
    'moduleCanonical exampleCanonical nameUrl rendering relativePath measure base parent eventUri message graph endpoint ' +
    'inputProfile outputProfile targetProfile valueCanonical valueOid valueUrl valueUuid derivedFrom answerValueSet questionnaire ' +
    'baseDefinition import defaultValueCanonical defaultValueOid defaultValueUri defaultValueUrl defaultValueUuid topic detail link ' +
    'capabilities fixedCanonical fixedOid fixedUri fixedUrl fixedUuid patternCanonical patternOid patternUri patternUrl patternUuid ' +
    'project resource'
  ).split(' '),
);

const link = /(<\s*(?:a|img)\b[^<>]*?\s(?:href|src)\s*=\s*)("[^"]*"|'[^']*')/gi;

/**
 * The resource with the references that `map` knows replaced: in References, in uri, url, canonical, oid and uuid elements,
 * and in `href` and `src` of the narrative. What follows `#` stays. A Bundle inside is left alone: its references mean its own
 * entries. The given resource is not changed; unchanged parts are shared with it.
 * https://hl7.org/fhir/R4/http.html#trules
 */
export function rewriteReferences<T extends Resource>(resource: T, map: ReferenceMap): T {
  return rewriteObject(resource, map) as T;
}

function rewriteObject(object: Record<string, unknown>, map: ReferenceMap): Record<string, unknown> {
  let copy: Record<string, unknown> | undefined;
  for (const name in object) {
    const value = object[name];
    const rewritten = rewriteValue(name, value, map);
    if (rewritten === value) continue;
    copy ??= { ...object };
    copy[name] = rewritten;
  }
  return copy ?? object;
}

function rewriteValue(name: string, value: unknown, map: ReferenceMap): unknown {
  if (typeof value === 'string') {
    if (uriElements.has(name)) return rewriteUri(value, map);
    return name === 'div' ? rewriteNarrative(value, map) : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (!Array.isArray(value)) {
    if ((value as Resource).resourceType === 'Bundle') return value;
    return rewriteObject(value as Record<string, unknown>, map);
  }
  let copy: unknown[] | undefined;
  for (let index = 0; index < value.length; index += 1) {
    const rewritten = rewriteValue(name, value[index], map);
    if (rewritten === value[index]) continue;
    copy ??= [...(value as unknown[])];
    copy[index] = rewritten;
  }
  return copy ?? value;
}

function rewriteUri(value: string, map: ReferenceMap): string {
  const whole = map(value);
  if (whole !== undefined) return whole;
  const hash = value.indexOf('#');
  if (hash <= 0) return value;
  const target = map(value.slice(0, hash));
  return target === undefined ? value : target + value.slice(hash);
}

function rewriteNarrative(div: string, map: ReferenceMap): string {
  return div.replace(link, (whole, before: string, quoted: string) => {
    const target = quoted.slice(1, -1);
    const rewritten = rewriteUri(target, map);
    return rewritten === target ? whole : before + quoted[0]! + escapeAttribute(rewritten) + quoted[0]!;
  });
}

const escapeAttribute = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;').replace(/'/g, '&#39;');
