import type { Resource } from '../../fhir/resource.js';
import { type Coding, type Extension, extensionOf, extensionsOf, type Reference } from '../vocabulary/element.js';
import { structure, system } from '../vocabulary/systems.js';

export type PauseMode = 'all' | 'missing-only';
export const pauseReasons = {
  holiday: 'Ferie',
  hospital: 'Innlagt i sykehus',
  institution: 'Opphold i helsehus',
  equipment: 'Mangler utstyr',
  other: 'Annet',
} as const;
export type PauseReason = keyof typeof pauseReasons;
export const isPauseReason = (code: string): code is PauseReason => Object.hasOwn(pauseReasons, code);

/** Extension `dho-pause` of EpisodeOfCare. */
export interface Pause {
  readonly mode: PauseMode;
  readonly reason: PauseReason;
  readonly text?: string | undefined;
  /** When the pause is expected to end (FHIR dateTime). */
  readonly plannedEnd?: string | undefined;
  /** The admission (Encounter) whose message caused it; absent when a person paused. */
  readonly admission?: Reference | undefined;
}

const url = structure('dho-pause');

export function pauseExtension(pause: Pause): Extension {
  return {
    url,
    extension: [
      { url: 'mode', valueCode: pause.mode },
      {
        url: 'reason',
        valueCodeableConcept: {
          coding: [{ system: system.pauseReason, code: pause.reason, display: pauseReasons[pause.reason] }],
          ...(pause.text === undefined ? {} : { text: pause.text }),
        },
      },
      ...(pause.plannedEnd === undefined ? [] : [{ url: 'plannedEnd', valueDateTime: pause.plannedEnd }]),
      ...(pause.admission === undefined ? [] : [{ url: 'admission', valueReference: pause.admission }]),
    ],
  };
}

export const pauseUrl = url;

export function pauseOf(episode: Resource): Pause | undefined {
  const found = extensionOf(episode, url);
  if (found === undefined) return undefined;
  const part = (name: string): Extension | undefined => extensionsOf(found, name)[0];
  const concept = part('reason')?.valueCodeableConcept as { coding?: Coding[]; text?: string } | undefined;
  return {
    mode: part('mode')?.valueCode === 'all' ? 'all' : 'missing-only',
    reason: (concept?.coding?.[0]?.code ?? 'other') as PauseReason,
    text: concept?.text,
    plannedEnd: part('plannedEnd')?.valueDateTime as string | undefined,
    admission: part('admission')?.valueReference as Reference | undefined,
  };
}
