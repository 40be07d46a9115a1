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

const own = (code: string, owner: string, status = 'requested'): Resource => ({
  ...task(status, code),
  code: { coding: [{ system: 'http://hjemmebro.no/fhir/CodeSystem/dho-task-code', code }] },
  owner: { reference: owner },
});

test('missing limits are a question when they are handed to another; to tell the GP is at once', () => {
  const payload = { task: 't', version: '3' };
  const made = own('limits-needed', 'Organization/centre');
  expect(messageJobOf(undefined, made)).toBeUndefined();
  expect(messageJobOf(made, own('limits-needed', 'Organization/gp'))).toEqual({
    kind: 'message-limits-question',
    payload,
  });
  expect(messageJobOf(made, own('limits-needed', 'Organization/gp', 'completed'))).toBeUndefined();
  expect(messageJobOf(undefined, own('notify-fastlege', 'x'))).toEqual({ kind: 'message-health-information', payload });
});

test.each<[before: string | undefined, after: string, told: boolean]>([
  ['planned', 'active', true],
  ['active', 'onhold', true],
  ['onhold', 'active', false],
  ['active', 'finished', true],
  ['planned', 'cancelled', false],
  [undefined, 'active', false],
])('EpisodeOfCare %s → %s: the GP is told: %s', (before, after, told) => {
  const episode = (status: string): Resource => ({
    resourceType: 'EpisodeOfCare',
    id: 'e',
    meta: { versionId: '2' },
    status,
  });
  const job = messageJobOf(before === undefined ? undefined : episode(before), episode(after));
  expect(job).toEqual(told ? { kind: 'message-service-notice', payload: { id: 'e', version: '2' } } : undefined);
});

test('an admission causes a report, a visit none, and other resources nothing', () => {
  const stay = (code: string): Resource => ({
    resourceType: 'Encounter',
    id: 'e',
    status: 'in-progress',
    class: { code },
  });
  expect(messageJobOf(undefined, stay('IMP'))?.kind).toBe('message-admission-report');
  expect(messageJobOf(stay('IMP'), stay('IMP'))).toBeUndefined();
  expect(messageJobOf(undefined, stay('AMB'))).toBeUndefined();
  expect(messageJobOf(undefined, { resourceType: 'Communication', id: 'c', status: 'requested' })).toBeUndefined();
});

test('a CommunicationRequest is a message when it becomes active and names the type of one', () => {
  const request = (status: string, system: string): Resource => ({
    resourceType: 'CommunicationRequest',
    id: 'c',
    meta: { versionId: '2' },
    status,
    category: [{ coding: [{ system, code: 'LOG_DOD' }] }],
  });
  const list = 'urn:oid:2.16.578.1.12.4.1.1.8279';
  const job = { kind: 'message-requested', payload: { id: 'c', version: '2' } };
  expect(messageJobOf(undefined, request('active', list))).toEqual(job);
  expect(messageJobOf(request('on-hold', list), request('active', list))).toEqual(job);
  expect(messageJobOf(request('active', list), request('active', list))).toBeUndefined();
  expect(messageJobOf(undefined, request('draft', list))).toBeUndefined();
  expect(messageJobOf(undefined, request('active', 'http://example.org/other'))).toBeUndefined();
});
