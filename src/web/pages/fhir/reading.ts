/** What the pages ask resources for. */
import { codeIn, targetOf } from '../../../followup/vocabulary/element.js';
import { structure, system } from '../../../followup/vocabulary/systems.js';
import type { Concept, Extension, Flag, Parameter, Patient, Reference, Resource } from './types.js';

export type Colour = 'red' | 'yellow' | 'green' | 'blue' | 'grey' | 'technical';
export type Zone = 'red' | 'yellow' | 'green';
export const colours: readonly Colour[] = ['red', 'yellow', 'technical', 'blue', 'grey', 'green'];

export const extensionOf = (
  owner: { readonly extension?: readonly Extension[] } | undefined,
  name: string,
): Extension | undefined => owner?.extension?.find(({ url }) => url === structure(name));

export const textOf = (concept: Concept | undefined): string =>
  concept?.text ??
  concept?.coding?.find(({ display }) => display !== undefined)?.display ??
  concept?.coding?.[0]?.code ??
  '';

/** Of an alert or the Task that handles it. */
export function colourOf(resource: Resource | undefined): Colour | undefined {
  const code = extensionOf(resource, 'dho-colour')?.valueCoding?.code;
  return colours.find((one) => one === code);
}

/** The kind of a worklist entry: `handle-alert`, `call-patient`, `approve`, `fulfill` … */
export const taskKind = (concept: Concept | undefined): string =>
  codeIn(concept, system.taskCode) ?? codeIn(concept, system.r4TaskCode) ?? '';

export const idOf = (reference: Reference | undefined): string | undefined => targetOf(reference)?.id;

/** `CarePlan/1/_history/3` → 3 */
export const versionOf = (reference: Reference | undefined): string | undefined =>
  /\/_history\/([A-Za-z0-9.-]+)$/.exec(reference?.reference ?? '')?.[1];

export function nameOf(patient: Patient | undefined): string {
  const name = patient?.name?.find(({ use }) => use === 'official') ?? patient?.name?.[0];
  return name?.text ?? [...(name?.given ?? []), name?.family ?? ''].join(' ').trim();
}

/** Milliseconds since 1970; undefined where there is no such time. */
export function timeOf(text: string | undefined): number | undefined {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? undefined : at;
}

/** The zone of the first active Flag that tells one. */
export function zoneIn(flags: readonly Flag[]): Zone | undefined {
  const codes = flags.map((flag) => (flag.status === 'active' ? codeIn(flag.code, system.flag) : undefined));
  return codes.find((code) => code?.startsWith('zone-'))?.slice('zone-'.length) as Zone | undefined;
}

/** What a search found, by `Patient/1`. */
export const byReference = (found: readonly Resource[]): ReadonlyMap<string, Resource> =>
  new Map(found.map((one) => [`${one.resourceType}/${one.id}`, one]));

/** The first of that name, of an answer's parameters or of the parts of one. */
export const parameterIn = (among: readonly Parameter[] | undefined, name: string): Parameter | undefined =>
  among?.find((one) => one.name === name);
