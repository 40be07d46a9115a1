import { markOverdue, overdueAt } from '../../../src/followup/duties/overdue.js';
import { nextDuties, type ServiceCourse, usualDuties } from '../../../src/followup/duties/service-duties.js';
import { calibrationJob, remindOfCalibration } from '../../../src/followup/equipment/calibration-reminder.js';
import type { Resource } from '../../../src/fhir/resource.js';

const at = (text: string): number => Date.parse(text);
const course = (more: Partial<ServiceCourse> = {}): ServiceCourse => ({
  start: at('2026-01-31T09:00:00+01:00'),
  trial: true,
  made: {},
  ...more,
});
const owed = (one: ServiceCourse, now: string): string[] =>
  nextDuties(one, usualDuties, at(now), 'Europe/Oslo').map(
    ({ duty, at: from, deadline }) => `${duty} ${new Date(from).toISOString()} ${new Date(deadline).toISOString()}`,
  );

describe('duties of a service', () => {
  test('by calendar months where people live, each on the list in time; trial by days', () => {
    expect(owed(course(), '2026-01-31T09:00:00+01:00')).toEqual([
      'trial-end 2026-02-14T08:00:00.000Z 2026-02-21T08:00:00.000Z',
      'monthly-follow-up 2026-02-21T08:00:00.000Z 2026-02-28T08:00:00.000Z',
      // nine o'clock also in summer time
      'evaluation 2026-07-17T07:00:00.000Z 2026-07-31T07:00:00.000Z',
    ]);
  });

  test('what was made is not owed again', () => {
    const made = { 'trial-end': at('2026-02-21T08:00:00Z'), 'monthly-follow-up': at('2026-02-28T08:00:00Z') };
    expect(owed(course({ made }), '2026-02-22T00:00:00Z')).toEqual([
      'monthly-follow-up 2026-03-24T08:00:00.000Z 2026-03-31T07:00:00.000Z',
      'evaluation 2026-07-17T07:00:00.000Z 2026-07-31T07:00:00.000Z',
    ]);
  });

  test('after half a year of downtime each is owed once, the latest', () => {
    expect(owed(course({ trial: false }), '2026-08-01T00:00:00Z')).toEqual([
      'monthly-follow-up 2026-07-24T07:00:00.000Z 2026-07-31T07:00:00.000Z',
      'evaluation 2026-07-17T07:00:00.000Z 2026-07-31T07:00:00.000Z',
    ]);
  });

  test('a changed condition is evaluated within two weeks, beside the regular evaluations', () => {
    const changed = { why: 'red', at: at('2026-03-02T09:00:00+01:00') } as const;
    expect(owed(course({ trial: false, changed }), '2026-03-02T09:00:00+01:00')).toEqual([
      'evaluation 2026-03-02T08:00:00.000Z 2026-03-16T08:00:00.000Z',
      'monthly-follow-up 2026-02-21T08:00:00.000Z 2026-02-28T08:00:00.000Z',
      'evaluation 2026-07-17T07:00:00.000Z 2026-07-31T07:00:00.000Z',
    ]);
  });

  test('a plan that the hospital answers for is handed over within two to four weeks, and is on the list once', () => {
    const hospital = { plan: 'CarePlan/p', since: at('2026-03-02T09:00:00+01:00') };
    const [first] = owed(course({ trial: false, hospital }), '2026-03-02T09:00:00+01:00');
    expect(first).toBe('hand-over-due 2026-03-16T07:00:00.000Z 2026-03-30T07:00:00.000Z');
    const made = { 'hand-over-due': at('2026-03-30T07:00:00.000Z') };
    expect(owed(course({ trial: false, hospital, made }), '2026-04-30T09:00:00+01:00').join()).not.toContain(
      'hand-over',
    );
  });

  test('on hold nothing is owed', () => {
    expect(owed(course({ paused: true }), '2026-08-01T00:00:00Z')).toEqual([]);
  });
});

const own = (code: string) => ({ coding: [{ system: 'http://hjemmebro.no/fhir/CodeSystem/dho-task-code', code }] });
const task = (more: object): Resource =>
  ({
    resourceType: 'Task',
    id: 't',
    meta: { versionId: '1' },
    status: 'requested',
    priority: 'routine',
    code: own('resume-reminder'),
    requester: { reference: 'Device/hjemmebro-engine' },
    restriction: { period: { end: '2026-03-02T12:00:00Z' } },
    ...more,
  }) as never;

describe('a deadline that is over', () => {
  const noon = at('2026-03-02T12:00:00Z');
  test('is said once, and makes the Task more urgent', () => {
    expect(markOverdue(task({}), noon - 1)).toEqual([]);
    const [change] = markOverdue(task({}), noon);
    const marked = (change as { resource: Resource }).resource;
    expect(marked).toMatchObject({ priority: 'urgent', businessStatus: { coding: [{ code: 'overdue' }] } });
    expect(markOverdue(marked, noon + 1)).toEqual([]);
  });

  test.each([
    ['of a client’s own Task', { requester: { reference: 'Practitioner/1' } }],
    ['of missing limits, which the engine judges', { code: own('limits-needed') }],
    [
      'of a red alert, which has a clock',
      { extension: [{ url: 'http://hjemmebro.no/fhir/StructureDefinition/dho-colour', valueCoding: { code: 'red' } }] },
    ],
    ['that is none', { restriction: undefined }],
  ])('%s is not', (_, more) => {
    expect(overdueAt(task(more))).toBeUndefined();
  });
});

describe('calibration', () => {
  const device = (due: string, more: object = {}): Resource =>
    ({
      resourceType: 'Device',
      id: 'd',
      extension: [
        {
          url: 'http://hjemmebro.no/fhir/StructureDefinition/dho-calibration',
          extension: [{ url: 'due', valueDate: due }],
        },
        {
          url: 'http://hjemmebro.no/fhir/StructureDefinition/dho-equipment-state',
          valueCoding: { code: (more as { state?: string }).state ?? 'stock' },
        },
      ],
    }) as never;
  const ids = { next: () => 'n' };
  const centre = { reference: 'Organization/centre' };

  test('two weeks before it is due a job waits, once per date', () => {
    const job = calibrationJob(undefined, device('2026-06-15'));
    expect(job).toMatchObject({ key: 'd/2026-06-15', runAt: at('2026-06-01T00:00:00+02:00') });
    expect(calibrationJob(device('2026-06-15'), device('2026-06-15'))).toBeUndefined();
    expect(calibrationJob(device('2026-06-15'), device('2027-06-15'))).toMatchObject({ key: 'd/2027-06-15' });
  });

  test('the Task says by when; a device that is calibrated meanwhile or lost needs none', () => {
    const now = at('2026-06-01T00:00:00+02:00');
    const [change] = remindOfCalibration({ device: device('2026-06-15'), centre, now, ids });
    expect((change as { resource: Resource }).resource).toMatchObject({
      focus: { reference: 'Device/d' },
      owner: centre,
      restriction: { period: { end: '2026-06-15T21:59:59.999Z' } },
    });
    expect(remindOfCalibration({ device: device('2027-06-15'), centre, now, ids })).toEqual([]);
    expect(remindOfCalibration({ device: device('2026-06-15', { state: 'lost' }), centre, now, ids })).toEqual([]);
  });
});
