import { demoHospital } from '../../../src/config/demo.js';
import { activeReferral, organisation, stageFor } from './stage.js';

const stage = stageFor('2026-03-02T08:00:00Z');

test('a referral sent over FHIR gets its Task, is seen by its sender alone, and once accepted opens the patient to the sender', async () => {
  const { fnr } = await stage.patient({ gp: '999000199' });
  const referral = await stage.created(
    'hospital',
    activeReferral({
      subject: { identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.1', value: fnr } },
      requester: organisation(demoHospital.orgnr),
    }),
  );
  const [task, ...more] = await stage.search(`Task?focus=ServiceRequest/${referral.id}`);
  expect(more).toEqual([]);
  expect(task).toMatchObject({
    status: 'received',
    intent: 'order',
    focus: { reference: `ServiceRequest/${referral.id}` },
  });
  expect(await stage.search(`Task?focus=ServiceRequest/${referral.id}`, 'hospital')).toHaveLength(1);
  expect(await stage.search('Patient', 'hospital')).toEqual([]);
  expect(await stage.search(`Task?focus=ServiceRequest/${referral.id}`, 'gp')).toHaveLength(0);

  expect((await stage.operation('municipality', `ServiceRequest/${referral.id}/$accept`)).status).toBe(200);
  expect(await stage.search('Patient', 'hospital')).toHaveLength(1);
  expect(
    await stage.search(`EpisodeOfCare?incoming-referral=ServiceRequest/${referral.id}&status=planned`),
  ).toHaveLength(1);
});

test('a pause with a planned end is over by itself when the time has come, and its reminder is done', async () => {
  const patient = await stage.followed('kols');
  const paused = await stage.operation('municipality', `EpisodeOfCare/${patient.episode}/$pause`, {
    mode: 'all',
    reason: 'holiday',
    plannedEnd: '2026-03-05',
  });
  expect(paused.json).toMatchObject({ status: 'onhold' });
  await stage.passTime(patient, '2026-03-05T06:00:00Z');
  const [episode] = await stage.search(`EpisodeOfCare?_id=${patient.episode}`);
  expect(episode.status).toBe('active');
  const flags = await stage.search(`Flag?subject=${patient.reference}&status=active`);
  expect(flags.map((flag) => flag.code.coding[0].code)).toContain('dho-active');
  const reminders = await stage.tasks(patient, 'resume-reminder');
  expect(reminders.map((task) => task.status)).toEqual(['completed']);
});
