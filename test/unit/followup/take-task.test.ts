import { takeTask } from '../../../src/followup/alert/take-task.js';
import { Failure } from '../../../src/kernel/failure.js';

const now = Date.parse('2026-03-02T09:00:00Z');
const siri = { identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.4', value: '1' }, display: 'Siri' };
const nils = { identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.4', value: '2' }, display: 'Nils' };
const task = { resourceType: 'Task', id: 't', status: 'requested', owner: { reference: 'Organization/1' } } as const;

const messageOf = (decided: unknown): string => (decided instanceof Failure ? decided.message : 'none');

test('a waiting entry is accepted by the one who takes it', () => {
  expect(takeTask({ task, by: siri, now })).toMatchObject([
    { resource: { status: 'accepted', owner: siri, executionPeriod: { start: '2026-03-02T09:00:00.000Z' } } },
  ]);
});

test.each(['accepted', 'in-progress', 'on-hold'])(
  'whoever comes second to an entry that is %s is told who has it',
  (status) => {
    const decided = takeTask({ task: { ...task, status, owner: siri }, by: nils, now });
    expect(decided).toMatchObject({ category: 'conflict' });
    expect(messageOf(decided)).toBe('The Task has been taken by Siri.');
  },
);

test('taking twice changes nothing', () => {
  expect(takeTask({ task: { ...task, status: 'accepted', owner: siri }, by: siri, now })).toEqual([]);
});

test('what is done is not taken', () => {
  expect(takeTask({ task: { ...task, status: 'completed' }, by: siri, now })).toMatchObject({ category: 'conflict' });
});
