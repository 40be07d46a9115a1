import { instant, systemClock } from '../../../kernel/clock.js';
import { type FhirClient, FhirError } from '../fhir/client.js';
import type { Resource } from '../fhir/types.js';

interface Noted extends Resource {
  readonly note?: unknown;
}

const mostTries = 4;

/** A note goes with whatever has happened to the task meanwhile: what was said on the telephone must not be lost. */
export async function addNote(fhir: FhirClient, seen: Noted, text: string, me: string): Promise<void> {
  let task = seen;
  for (let tries = 1; ; tries += 1) {
    try {
      await fhir.patch(task, noteSteps(task, text, me));
      return;
    } catch (error) {
      if (!(error instanceof FhirError) || error.status !== 412 || tries === mostTries) throw error;
      task = await fhir.read<Noted>(`Task/${task.id}`);
    }
  }
}

/** https://hl7.org/fhir/R4/datatypes.html#Annotation */
export function noteSteps(task: Noted, text: string, authorString: string): readonly object[] {
  const note = { authorString, time: instant(systemClock.now()), text };
  return task.note === undefined
    ? [{ op: 'add', path: '/note', value: [note] }]
    : [{ op: 'add', path: '/note/-', value: note }];
}
