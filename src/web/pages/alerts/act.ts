import { type FhirClient, parameter } from '../fhir/client.js';
import type { Resource } from '../fhir/types.js';
import { addNote, noteSteps } from './add-note.js';
import type { Answer } from './action-dialog.js';
import type { Action } from './entry-detail.js';
import type { Entry } from './worklist.js';

/**
 * Does what was chosen, in exactly the version that was seen.
 *
 * @param me the name that a note is signed with
 */
export async function act(fhir: FhirClient, action: Action, entry: Entry, answer: Answer, me: string): Promise<void> {
  const { task, issue } = entry;
  const place = `Task/${task.id}`;
  switch (action) {
    case 'take':
      await fhir.operation<Resource>(`${place}/$take`, [], task.meta?.versionId);
      return;
    case 'delegate':
      await fhir.operation<Resource>(`${place}/$delegate`, [
        ...parameter('owner', answer.owner),
        ...parameter('note', answer.note),
      ]);
      return;
    case 'call':
      await addNote(fhir, task, answer.note, me);
      return;
    case 'finish':
      if (issue !== undefined && entry.kind === 'handle-alert') {
        await fhir.operation<Resource>(`DetectedIssue/${issue.id}/$close`, [
          ...parameter('note', answer.note),
          ...(answer.journal ? parameter('copyToJournal', true) : []),
        ]);
        return;
      }
      await fhir.patch(task, [
        ...noteSteps(task, answer.note, me),
        { op: 'replace', path: '/status', value: 'completed' },
      ]);
  }
}
