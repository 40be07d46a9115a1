import { addNote } from '../../../src/web/pages/alerts/add-note.js';
import { type FhirClient, FhirError } from '../../../src/web/pages/fhir/client.js';

type Noted = Parameters<typeof addNote>[1];
const task = (version: string, notes: readonly string[] = []): Noted => ({
  resourceType: 'Task',
  id: 't',
  meta: { versionId: version },
  ...(notes.length > 0 && { note: notes.map((text) => ({ text })) }),
});

/** A server where the task is at `current`; it counts what was asked. */
function serverAt(current: string, status = 412) {
  const patched: { version: string; paths: string[] }[] = [];
  const client = {
    async patch(resource: { meta: { versionId: string } }, steps: readonly { path: string }[]) {
      patched.push({ version: resource.meta.versionId, paths: steps.map(({ path }) => path) });
      if (resource.meta.versionId !== current) throw new FhirError(status, 'another version');
      return {};
    },
    read: async () => task(current, ['before']),
  } as unknown as FhirClient;
  return { client, patched };
}

test('a note on what has changed meanwhile goes to what it is now', async () => {
  const { client, patched } = serverAt('2');
  await addNote(client, task('1'), 'Tungpustet', 'Siri');
  expect(patched).toEqual([
    { version: '1', paths: ['/note'] },
    { version: '2', paths: ['/note/-'] },
  ]);
});

test('a note that is refused for another reason is told', async () => {
  const { client, patched } = serverAt('2', 403);
  await expect(addNote(client, task('1'), 'Tungpustet', 'Siri')).rejects.toThrow('another version');
  expect(patched).toHaveLength(1);
});
