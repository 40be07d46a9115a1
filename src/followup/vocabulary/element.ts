import type { Resource } from '../../fhir/resource.js';

/** The datatypes of https://hl7.org/fhir/R4/datatypes.html as far as the module reads and writes them. */
export interface Coding {
  system?: string;
  code?: string;
  display?: string;
}
export interface Concept {
  coding?: Coding[];
  text?: string;
}
export interface Identifier {
  use?: string;
  type?: Concept;
  system?: string;
  value?: string;
}
export interface Reference {
  reference?: string;
  type?: string;
  identifier?: Identifier;
  display?: string;
}
export interface Period {
  start?: string;
  end?: string;
}
export interface Extension {
  url: string;
  extension?: Extension[];
  [value: string]: unknown;
}

/** The value of an element that may repeat; `[]` when it is absent. */
export function many<T>(value: unknown): readonly T[] {
  return value === undefined || value === null ? [] : Array.isArray(value) ? (value as T[]) : [value as T];
}

export function extensionsOf(owner: unknown, url?: string): readonly Extension[] {
  const all = many<Extension>((owner as { extension?: unknown } | undefined)?.extension);
  return url === undefined ? all : all.filter((one) => one.url === url);
}

export const extensionOf = (owner: unknown, url: string): Extension | undefined => extensionsOf(owner, url)[0];

/** `owner` with its extension(s) of that url replaced by `values` (none = removed); other extensions keep their place. */
export function withExtension<T extends object>(owner: T, url: string, ...values: readonly Extension[]): T {
  const { extension: _, ...rest } = owner as T & { extension?: unknown };
  const all = [...extensionsOf(owner).filter((one) => one.url !== url), ...values];
  return (all.length === 0 ? rest : { ...rest, extension: all }) as unknown as T;
}

/** Does a CodeableConcept (or one of several) carry the coding? */
export function hasCode(concepts: unknown, systemUrl: string, code?: string): boolean {
  return many<Concept>(concepts).some((concept) =>
    many<Coding>(concept.coding).some((one) => one.system === systemUrl && (code === undefined || one.code === code)),
  );
}

/** The first code of a system in a CodeableConcept or several. */
export function codeIn(concepts: unknown, systemUrl: string): string | undefined {
  for (const concept of many<Concept>(concepts)) {
    for (const one of many<Coding>(concept.coding)) if (one.system === systemUrl) return one.code;
  }
  return undefined;
}

/** The value of the identifier of a system, of a resource or of a logical reference. */
export function identifierIn(owner: unknown, systemUrl: string): string | undefined {
  return many<Identifier>((owner as { identifier?: unknown } | undefined)?.identifier).find(
    (one) => one.system === systemUrl,
  )?.value;
}

export const asReference = (value: unknown): Reference | undefined =>
  value !== null && typeof value === 'object' ? (value as Reference) : undefined;

/** `Patient/1` of a relative, absolute or versioned reference; undefined for a logical one. */
export function targetOf(reference: Reference | undefined): { type: string; id: string } | undefined {
  const found = /([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]+)?$/.exec(
    reference?.reference ?? '',
  );
  return found === null ? undefined : { type: found[1]!, id: found[2]! };
}

/** The version of `CarePlan/1/_history/3`. */
export function versionIn(reference: Reference | undefined): number | undefined {
  const found = /\/_history\/(\d+)$/.exec(reference?.reference ?? '');
  return found === null ? undefined : Number(found[1]);
}

export const referenceTo = (resource: Resource, display?: string): Reference => ({
  reference: `${resource.resourceType}/${resource.id ?? ''}`,
  ...(display === undefined ? {} : { display }),
});

/** `meta.versionId` as the number that If-Match compares. */
export const versionOf = (resource: Resource): number | undefined => {
  const value = Number(resource.meta?.versionId);
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
};
