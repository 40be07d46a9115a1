import type { Resource } from '../../../src/fhir/resource.js';
import { messageJobOf } from '../../../src/mapping/outbound/message-jobs.js';

const task = (status: string, code: string): Resource => ({
  resourceType: 'Task',
  id: 't',
  meta: { versionId: '3' },
  status,
  code: { coding: [{ system: 'http://hl7.org/fhir/CodeSystem/task-code', code }] },
});

const cases: readonly [before: string | undefined, after: string, code: string, kind: string | undefined][] = [
  ['received', 'accepted', 'fulfill', 'message-referral-answer'],
  ['received', 'rejected', 'fulfill', 'message-referral-answer'],
  ['accepted', 'accepted', 'fulfill', undefined],
  ['accepted', 'completed', 'fulfill', undefined],
  [undefined, 'received', 'fulfill', undefined],
  [undefined, 'requested', 'approve', 'message-plan-to-gp'],
  ['requested', 'completed', 'approve', undefined],
  [undefined, 'requested', 'other', undefined],
];
test.each(cases)('Task %s → %s (%s) causes %s', (before, after, code, kind) => {
  const job = messageJobOf(before === undefined ? undefined : task(before, code), task(after, code));
  expect(job).toEqual(kind === undefined ? undefined : { kind, payload: { task: 't', version: '3' } });
});

test('nothing but a Task causes a message', () => {
  expect(messageJobOf(undefined, { resourceType: 'Communication', id: 'c', status: 'requested' })).toBeUndefined();
});
