import type { Resource } from '../../../src/fhir/resource.js';
import { admitPatient, cancelAdmission, dischargePatient } from '../../../src/followup/admission/admission.js';
import { closeAlert } from '../../../src/followup/alert/close-alert.js';
import { endEpisode, pauseEpisode, resumeEpisode, startEpisode } from '../../../src/followup/episode/move-episode.js';
import { dhoStatus } from '../../../src/followup/episode/dho-status.js';
import { pauseOf } from '../../../src/followup/episode/pause-element.js';
import { equipmentState } from '../../../src/followup/equipment/equipment-state.js';
import { assignDevice, returnDevice } from '../../../src/followup/equipment/loan.js';
import { acceptReferral, rejectReferral } from '../../../src/followup/referral/decide-referral.js';
import { receiveReferral } from '../../../src/followup/referral/receive-referral.js';
import { centre, countingIds, day, failure, monday, nurse, one, resources, stored } from './follow-up-world.js';

const ola = { reference: 'Patient/ola' };
const now = monday;
const ids = countingIds();
const received = resources(
  receiveReferral({
    referral: {
      resourceType: 'ServiceRequest',
      status: 'draft',
      subject: ola,
      requester: { reference: 'Organization/hospital' },
    },
    owner: centre,
    now,
    ids,
  }),
);
const [referral, task] = [stored(received[0]!), stored(received[1]!)];
const decision = { referral, task, by: nurse, centre, now, ids };

describe('a referral', () => {
  test('becomes an active ServiceRequest and a received Task for the centre', () => {
    expect(received).toMatchObject([
      { resourceType: 'ServiceRequest', status: 'active', intent: 'order', code: { coding: [{ code: '103' }] } },
      {
        resourceType: 'Task',
        status: 'received',
        focus: { reference: `ServiceRequest/${referral.id}` },
        owner: centre,
        requester: { reference: 'Organization/hospital' },
        for: ola,
      },
    ]);
  });

  test('that is accepted plans an episode', () => {
    const changes = resources(acceptReferral(decision));
    expect(changes).toMatchObject([
      { resourceType: 'Task', status: 'accepted' },
      {
        resourceType: 'EpisodeOfCare',
        status: 'planned',
        patient: ola,
        managingOrganization: centre,
        referralRequest: [{ reference: `ServiceRequest/${referral.id}` }],
      },
    ]);
  });

  test('that is rejected is revoked, with the reason for the referrer', () => {
    expect(resources(rejectReferral({ ...decision, reason: 'Trenger heimesjukepleie først' }))).toMatchObject([
      { resourceType: 'ServiceRequest', status: 'revoked' },
      { resourceType: 'Task', status: 'rejected', statusReason: { text: 'Trenger heimesjukepleie først' } },
    ]);
    expect(failure(rejectReferral({ ...decision, reason: '' })).category).toBe('unprocessable');
  });

  test('is answered once', () => {
    expect(failure(acceptReferral({ ...decision, task: { ...task, status: 'accepted' } })).category).toBe('conflict');
  });
});

const planned = stored(one(resources(acceptReferral(decision)), 'EpisodeOfCare'));
const episodeFacts = { flags: [], now, ids };
const started = resources(
  startEpisode({ ...episodeFacts, episode: planned, referralTask: stored({ ...task, status: 'accepted' }) }),
);
const active = stored(started[0]!, 2);
const flags = [stored(one(started, 'Flag'))];
const pause = (more: object = {}) =>
  pauseEpisode({ ...episodeFacts, flags, episode: active, pause: { mode: 'all', reason: 'holiday' }, ...more });

describe('the service', () => {
  test("starts in the trial phase; the referral's Task is completed and the Flag says so", () => {
    expect(started).toMatchObject([
      {
        status: 'active',
        statusHistory: [{ status: 'planned', period: { end: '2026-03-02T08:00:00.000Z' } }, { status: 'active' }],
      },
      { resourceType: 'Task', status: 'completed' },
      { resourceType: 'Flag', status: 'active', code: { coding: [{ code: 'dho-active' }] } },
    ]);
    expect(JSON.stringify(started[0])).toContain('"code":"trial"');
  });

  test('moves on to daily follow-up once', () => {
    const daily = resources(startEpisode({ ...episodeFacts, episode: active, phase: 'daily' }))[0]!;
    expect(JSON.stringify(daily)).toContain('"code":"daily"');
    expect(failure(startEpisode({ ...episodeFacts, episode: daily, phase: 'daily' })).category).toBe('conflict');
    expect(failure(startEpisode({ ...episodeFacts, episode: daily, phase: 'trial' })).category).toBe('conflict');
  });

  test('a pause of everything without an end has a reminder after 7 days', () => {
    const changes = resources(pause());
    expect(changes).toMatchObject([
      { resourceType: 'EpisodeOfCare', status: 'onhold' },
      {
        resourceType: 'Task',
        code: { coding: [{ code: 'resume-reminder' }] },
        restriction: { period: { end: new Date(now + 7 * day).toISOString() } },
      },
      { resourceType: 'Flag', id: flags[0]!.id, code: { coding: [{ code: 'dho-paused' }] } },
    ]);
    expect(pauseOf(changes[0]!)).toMatchObject({ mode: 'all', reason: 'holiday' });
  });

  test('a person puts another pause in the place of the one that runs; its reminder is done', () => {
    const [paused, reminder] = resources(pause({ pause: { mode: 'missing-only', reason: 'hospital' } })).filter(
      (one) => one.resourceType !== 'Flag',
    );
    const changes = resources(pause({ episode: stored(paused!), reminders: [stored(reminder!)], flags: [] }));
    expect(pauseOf(changes[0]!)).toMatchObject({ mode: 'all', reason: 'holiday' });
    expect(changes.filter((one) => one.resourceType === 'Task').map((one) => one.status)).toEqual([
      'completed',
      'requested',
    ]);
  });

  test('a message cannot pause everything, and a pause does not end in the past', () => {
    expect(
      failure(pause({ pause: { mode: 'all', reason: 'hospital', admission: { reference: 'Encounter/1' } } })).category,
    ).toBe('unprocessable');
    expect(failure(pause({ pause: { mode: 'all', reason: 'holiday', plannedEnd: '2026-03-01' } })).category).toBe(
      'unprocessable',
    );
  });

  test('resumes: the pause is gone, the reminder done', () => {
    const holiday = resources(pause());
    const changes = resources(
      resumeEpisode({
        ...episodeFacts,
        flags: [stored(holiday[2]!)],
        episode: stored(holiday[0]!),
        reminders: [stored(holiday[1]!)],
      }),
    );
    expect(changes).toMatchObject([
      { status: 'active' },
      { resourceType: 'Task', status: 'completed' },
      { resourceType: 'Flag', code: { coding: [{ code: 'dho-active' }] } },
    ]);
    expect(pauseOf(changes[0]!)).toBeUndefined();
  });

  test('ends with a reason, when no equipment is out', () => {
    const end = (more: object = {}) =>
      endEpisode({ ...episodeFacts, flags, episode: active, reason: 'Målet er nådd', ...more });
    expect(resources(end())).toMatchObject([{ status: 'finished' }, { resourceType: 'Flag', status: 'inactive' }]);
    expect(failure(end({ devicesOut: [{ resourceType: 'Device', id: '1' }] })).message).toContain('Device/$return');
    expect(failure(end({ reason: '' })).category).toBe('unprocessable');
    expect(resources(endEpisode({ ...episodeFacts, episode: planned, reason: 'Ikke aktuelt' }))).toMatchObject([
      { status: 'cancelled' },
    ]);
  });
});

const stay: Resource = {
  resourceType: 'Encounter',
  id: 'stay',
  class: { code: 'IMP' },
  period: { start: '2026-03-02T08:00:00Z' },
};
const admission = { encounter: stay, patient: ola, episode: active, flags, owner: centre, now, ids };
const admitted = resources(admitPatient(admission));
const onhold = stored(one(admitted, 'EpisodeOfCare'), 3);
const inStay = stored(one(admitted, 'Encounter'));
const paused = [stored(one(admitted, 'Flag'), 2)];
const discharge = (more: object = {}) =>
  resources(
    dischargePatient({
      ...admission,
      encounter: { resourceType: 'Encounter', period: { end: '2026-03-05T10:00:00Z' } },
      stored: inStay,
      episode: onhold,
      flags: paused,
      home: true,
      ...more,
    }),
  );

describe('admission and discharge', () => {
  test('an admission pauses only the alerts about missing measurements, and makes a Task', () => {
    expect(admitted.map((resource) => resource.resourceType)).toEqual(['Encounter', 'EpisodeOfCare', 'Flag', 'Task']);
    expect(admitted[0]).toMatchObject({
      status: 'in-progress',
      subject: ola,
      episodeOfCare: [{ reference: `EpisodeOfCare/${active.id}` }],
    });
    expect(pauseOf(onhold)).toMatchObject({
      mode: 'missing-only',
      reason: 'hospital',
      admission: { reference: 'Encounter/stay' },
    });
    expect(one(admitted, 'Task')).toMatchObject({
      code: { coding: [{ code: 'admission-check' }] },
      owner: centre,
      focus: { reference: 'Encounter/stay' },
    });
  });

  test('an admission of someone without the service changes nothing', () => {
    expect(admitPatient({ ...admission, patient: undefined, episode: undefined })).toEqual([]);
    expect(admitPatient({ ...admission, episode: { ...active, status: 'finished' } })).toEqual([]);
    expect(admitPatient({ ...admission, episode: planned })).toEqual([]);
  });

  test('an admission while paused keeps that pause and makes a Task', () => {
    const holiday = stored(resources(pause())[0]!);
    expect(
      resources(admitPatient({ ...admission, episode: holiday })).map((resource) => resource.resourceType),
    ).toEqual(['Encounter', 'Task']);
  });

  test('the same admission told again changes only its Encounter', () => {
    expect(
      resources(admitPatient({ ...admission, stored: inStay, episode: onhold })).map(
        (resource) => resource.resourceType,
      ),
    ).toEqual(['Encounter']);
  });

  test('discharge home resumes what that admission paused', () => {
    expect(discharge()).toMatchObject([
      {
        resourceType: 'Encounter',
        status: 'finished',
        period: { start: '2026-03-02T08:00:00Z', end: '2026-03-05T10:00:00Z' },
      },
      { resourceType: 'EpisodeOfCare', status: 'active' },
      { resourceType: 'Flag' },
    ]);
  });

  test.each([
    ['not home', { home: false }],
    ['after a pause that a person made', { episode: stored(resources(pause())[0]!) }],
    ['of a stay that was not told of', { stored: undefined }],
  ])('discharge %s resumes nothing but makes a Task', (_name, more) => {
    const changes = discharge(more);
    expect(changes.map((resource) => resource.resourceType)).toEqual(['Encounter', 'Task']);
    expect(changes[1]).toMatchObject({ code: { coding: [{ code: 'discharge-check' }] } });
  });

  test('a cancelled admission undoes its effect', () => {
    expect(resources(cancelAdmission({ ...admission, stored: inStay, episode: onhold, flags: paused }))).toMatchObject([
      { status: 'entered-in-error' },
      { status: 'active' },
      { resourceType: 'Flag' },
    ]);
  });
});

describe('equipment', () => {
  const device = stored({ resourceType: 'Device', id: 'ox7', serialNumber: 'OX-7', status: 'active' });
  const out = resources(assignDevice({ device, patient: ola, by: nurse, now, ids }));

  test('goes to one patient at a time and comes back', () => {
    expect(out).toMatchObject([
      { resourceType: 'Device', patient: ola },
      { resourceType: 'DeviceUseStatement', status: 'active', subject: ola, device: { reference: 'Device/ox7' } },
      { resourceType: 'Task', code: { coding: [{ code: 'loan-form-missing' }] } },
    ]);
    expect(equipmentState(out[0]!)).toBe('with-patient');
    expect(failure(assignDevice({ device: out[0]!, patient: ola, now, ids })).category).toBe('conflict');
    const back = resources(returnDevice({ device: stored(out[0]!, 2), running: stored(out[1]!), now: now + day }));
    expect(back[0]!.patient).toBeUndefined();
    expect(back[1]).toMatchObject({ status: 'completed', timingPeriod: { end: '2026-03-03T08:00:00.000Z' } });
    expect(failure(returnDevice({ device, running: undefined, now })).category).toBe('conflict');
  });

  test('that is lost keeps the patient who had it, and is not handed out again', () => {
    const lost = resources(returnDevice({ device: out[0]!, running: out[1]!, state: 'lost', now }))[0]!;
    expect(lost.patient).toEqual(ola);
    expect(failure(assignDevice({ device: lost, patient: ola, now, ids })).category).toBe('unprocessable');
  });
});

describe('DetectedIssue/$close', () => {
  const issue = stored({ resourceType: 'DetectedIssue', id: 'i', status: 'preliminary' });
  const alert = stored({ resourceType: 'Task', id: 't', status: 'accepted' });

  test('closes the finding with what was done, and its Task', () => {
    expect(resources(closeAlert({ issue, task: alert, note: 'Ringt, tar inhalasjon', by: nurse, now }))).toMatchObject([
      { status: 'final', mitigation: [{ action: { text: 'Ringt, tar inhalasjon' }, author: nurse }] },
      { status: 'completed', note: [{ text: 'Ringt, tar inhalasjon' }] },
    ]);
  });

  test('needs a note, and closes once', () => {
    expect(failure(closeAlert({ issue, task: alert, note: '  ', by: nurse, now })).category).toBe('unprocessable');
    expect(
      failure(closeAlert({ issue: { ...issue, status: 'final' }, task: alert, note: 'x', by: nurse, now })).category,
    ).toBe('conflict');
  });
});

describe('Patient/$dho-status', () => {
  const answer = (episodes: readonly Resource[]) =>
    Object.fromEntries(
      (dhoStatus(episodes, '21 80 21 80').parameter as { name: string }[]).map(({ name, ...value }) => [
        name,
        Object.values(value)[0],
      ]),
    );

  test('says whether the service runs, whether it is paused, and whom to call', () => {
    expect(answer([active])).toEqual({ active: true, paused: false, contact: '21 80 21 80' });
    expect(answer([onhold])).toEqual({ active: true, paused: true, contact: '21 80 21 80' });
  });

  test('says the same of someone without the service as of someone unknown', () => {
    expect(answer([planned])).toEqual({ active: false });
    expect(answer([])).toEqual({ active: false });
  });
});
