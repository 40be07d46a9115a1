/** What the pages ask resources for. */
import { structure, system } from '../../../followup/vocabulary/systems.js';
import type { Concept, Extension, Patient, Reference, Resource } from './types.js';

export type Colour = 'red' | 'yellow' | 'green' | 'blue' | 'grey' | 'technical';
export type Zone = 'red' | 'yellow' | 'green';
export const colours: readonly Colour[] = ['red', 'yellow', 'technical', 'blue', 'grey', 'green'];

export const extensionOf = (
  owner: { readonly extension?: readonly Extension[] } | undefined,
  name: string,
): Extension | undefined => owner?.extension?.find(({ url }) => url === structure(name) || url === name);

export const codeOf = (concept: Concept | undefined, url: string): string | undefined =>
  concept?.coding?.find((one) => one.system === url)?.code;

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
  codeOf(concept, system.taskCode) ?? codeOf(concept, system.r4TaskCode) ?? '';

export const idOf = (reference: Reference | undefined): string | undefined =>
  /^(?:.*\/)?[A-Za-z]+\/([A-Za-z0-9.-]+)(?:\/_history\/.*)?$/.exec(reference?.reference ?? '')?.[1];

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

/** The name of a zone Flag's code, the first that is active. */
export function flagCode(
  flags: readonly (Resource & { readonly code?: Concept })[],
  prefix: string,
): string | undefined {
  for (const flag of flags) {
    const code = flag.status === 'active' ? codeOf(flag.code, system.flag) : undefined;
    if (code?.startsWith(prefix)) return code.slice(prefix.length);
  }
  return undefined;
}
