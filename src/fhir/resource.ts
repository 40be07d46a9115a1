/** Any FHIR resource as parsed JSON. Numbers are `number` or, where the literal would be lost, `Decimal` (json.ts). */
export interface Resource {
  resourceType: string;
  id?: string;
  meta?: Meta;
  [element: string]: unknown;
}

export interface Meta {
  versionId?: string;
  lastUpdated?: string;
  profile?: string[];
  tag?: Coding[];
  security?: Coding[];
  source?: string;
  [element: string]: unknown;
}

export interface Coding {
  system?: string;
  version?: string;
  code?: string;
  display?: string;
}

/** A logical address inside this server. */
export interface ResourceKey {
  readonly type: string;
  readonly id: string;
}

export const keyOf = (key: ResourceKey): string => `${key.type}/${key.id}`;
