import { checkWrite, patientRule, type WriteFacts } from '../../../src/access/check-write.js';
import { partiesOfIdentifiers } from '../../../src/access/parties.js';
import type { Principal } from '../../../src/access/principal.js';
import { parseScopes } from '../../../src/access/scope.js';
import type { DemoClientId } from '../../../src/config/demo.js';
import type { Change } from '../../../src/fhir/change.js';
import type { Resource } from '../../../src/fhir/resource.js';
import { demoPrincipal } from './demo-principals.js';

const municipality = organisation('310000019');
const hospital = organisation('310000027');
const gpOffice = organisation('310000035');
const gp = { identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.4', value: '999000102' } };
const subject = { reference: 'Patient/p1' };
const other = { reference: 'Patient/p2' };

function organisation(orgnr: string): object {
  return { identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.101', value: orgnr } };
}

const related: WriteFacts = facts({ related: true });
const unrelated: WriteFacts = facts({ related: false });

function facts(patient: { related: boolean; visible?: boolean }, more: Partial<WriteFacts> = {}): WriteFacts {
  return {
    visible: true,
    patients: [{ visible: patient.related, ...patient }],
    unknownPatient: false,
    narrowed: () => true,
    parties: (reference) => partiesOfIdentifiers((reference as { identifier?: unknown } | undefined)?.identifier),
    ...more,
  };
}

const create = (resource: Resource): Change => ({ op: 'create', resource });
const update = (resource: Resource): Change => ({ op: 'update', resource });

/** With every scope, so that what refuses is the rule and not the scope. */
function caller(id: DemoClientId, change: Partial<Principal> = {}): Principal {
  return demoPrincipal(id, { scopes: parseScopes('system/*.cruds'), ...change });
}

const referralCode = { coding: [{ system: 'http://hjemmebro.no/fhir/CodeSystem/dho-service', code: '103' }] };
const referral: Resource = {
  resourceType: 'ServiceRequest',
  id: 's1',
  status: 'active',
  intent: 'order',
  code: referralCode,
  subject,
  requester: hospital,
};
const task: Resource = {
  resourceType: 'Task',
  id: 't1',
  status: 'requested',
  intent: 'order',
  code: { coding: [{ system: 'http://hl7.org/fhir/CodeSystem/task-code', code: 'fulfill' }] },
  focus: { reference: 'ServiceRequest/s1' },
  for: subject,
  requester: hospital,
};
const episode: Resource = {
  resourceType: 'EpisodeOfCare',
  id: 'e1',
  status: 'active',
  patient: subject,
  managingOrganization: municipality,
};
const patient: Resource = {
  resourceType: 'Patient',
  id: 'p1',
  active: true,
  identifier: [{ system: 'urn:oid:2.16.578.1.12.4.1.4.1', value: '12834812019' }],
  generalPractitioner: [gp],
};
const reading: Resource = { resourceType: 'Observation', id: 'o1', status: 'final', code: {}, subject };
const without = (resource: Resource, ...names: string[]): Resource =>
  Object.fromEntries(Object.entries(resource).filter(([name]) => !names.includes(name))) as Resource;

/** [who, what is changed, before, facts, element that is refused; undefined = done] */
type Case = readonly [
  what: string,
  who: Principal,
  change: Change,
  before: Resource | undefined,
  facts: WriteFacts,
  refused: string | undefined,
];

const selfGrants: readonly Case[] = [
  [
    'a GP names itself GP',
    caller('gp'),
    update({ ...patient, generalPractitioner: [gpOffice] }),
    patient,
    related,
    'Patient.generalPractitioner',
  ],
  [
    'a hospital registers a Patient with itself as GP',
    caller('hospital'),
    create({ ...without(patient, 'id'), generalPractitioner: [hospital] }),
    undefined,
    unrelated,
    'Patient.generalPractitioner',
  ],
  [
    'a hospital removes the GP',
    caller('hospital'),
    update(without(patient, 'generalPractitioner')),
    patient,
    related,
    'Patient.generalPractitioner',
  ],
  [
    'a neighbour municipality names a GP',
    caller('municipality', { organisation: '310000051' }),
    update({ ...patient, generalPractitioner: [gpOffice] }),
    patient,
    related,
    'Patient.generalPractitioner',
  ],
  [
    'a hospital makes a Patient another person',
    caller('hospital'),
    update({ ...patient, identifier: [{ system: 'urn:oid:2.16.578.1.12.4.1.4.1', value: '13116900216' }] }),
    patient,
    related,
    'Patient.identifier',
  ],
  [
    'a hospital links Patients',
    caller('hospital'),
    update({ ...patient, link: [{ other, type: 'seealso' }] }),
    patient,
    related,
    'Patient.link',
  ],
  [
    'a hospital takes a Patient out of use',
    caller('hospital'),
    update({ ...patient, active: false }),
    patient,
    related,
    'Patient.active',
  ],
  [
    'a hospital deletes a Patient',
    caller('hospital'),
    { op: 'delete', type: 'Patient', id: 'p1' },
    patient,
    related,
    'Patient',
  ],
  [
    'a hospital opens an episode',
    caller('hospital'),
    create({ ...episode, managingOrganization: hospital }),
    undefined,
    related,
    'EpisodeOfCare',
  ],
  ['a GP opens an episode for the municipality', caller('gp'), create(episode), undefined, related, 'EpisodeOfCare'],
  [
    'a municipality opens an episode for a person it cannot see',
    caller('municipality'),
    create(episode),
    undefined,
    unrelated,
    'EpisodeOfCare',
  ],
  [
    'a municipality opens an episode in another’s name',
    caller('municipality'),
    create({ ...episode, managingOrganization: hospital }),
    undefined,
    related,
    'EpisodeOfCare.managingOrganization',
  ],
  [
    'a municipality hands its episode on',
    caller('municipality'),
    update({ ...episode, managingOrganization: hospital }),
    episode,
    related,
    'EpisodeOfCare.managingOrganization',
  ],
  [
    'a municipality moves its episode to another patient',
    caller('municipality'),
    update({ ...episode, patient: other }),
    episode,
    related,
    'EpisodeOfCare.patient',
  ],
  [
    'a neighbour takes over an episode',
    caller('municipality', { organisation: '310000051', parties: ['org:310000051'] }),
    update({ ...episode, managingOrganization: organisation('310000051') }),
    episode,
    related,
    'EpisodeOfCare',
  ],
  [
    'a neighbour deletes an episode',
    caller('municipality', { organisation: '310000051', parties: ['org:310000051'] }),
    { op: 'delete', type: 'EpisodeOfCare', id: 'e1' },
    episode,
    related,
    'EpisodeOfCare',
  ],
  [
    'a sender accepts its own referral',
    caller('hospital'),
    update({ ...task, status: 'accepted' }),
    task,
    unrelated,
    'Task.status',
  ],
  [
    'a sender sends a Task that is accepted already',
    caller('hospital'),
    create({ ...task, status: 'accepted' }),
    undefined,
    unrelated,
    'Task.status',
  ],
  [
    'a Task becomes an accepted referral by a change of its code',
    caller('hospital'),
    update({ ...task, status: 'accepted' }),
    { ...task, status: 'accepted', code: {} },
    related,
    'Task.status',
  ],
  [
    'an accepted Task is pointed at another referral',
    caller('hospital'),
    update({ ...task, status: 'accepted', focus: { reference: 'ServiceRequest/s2' } }),
    { ...task, status: 'accepted' },
    related,
    'Task.status',
  ],
  [
    'not even the administrator accepts by writing',
    caller('admin'),
    update({ ...task, status: 'accepted' }),
    task,
    unrelated,
    'Task.status',
  ],
  [
    'a referral in another’s name',
    caller('hospital'),
    create({ ...referral, requester: gpOffice }),
    undefined,
    unrelated,
    'ServiceRequest.requester',
  ],
  [
    'a referral without a sender',
    caller('hospital'),
    create(without(referral, 'requester')),
    undefined,
    unrelated,
    'ServiceRequest.requester',
  ],
  [
    'a sender of a referral is replaced',
    caller('gp'),
    update({ ...referral, requester: gpOffice }),
    referral,
    related,
    'ServiceRequest.requester',
  ],
  [
    'a referral is moved to another patient',
    caller('hospital'),
    update({ ...referral, subject: other }),
    referral,
    unrelated,
    'ServiceRequest.subject',
  ],
  [
    'an order becomes a referral',
    caller('hospital'),
    update(referral),
    { ...referral, code: {} },
    related,
    'ServiceRequest.code',
  ],
  [
    'a hospital writes a reading of a patient it does not follow',
    caller('hospital'),
    create(reading),
    undefined,
    unrelated,
    'Observation',
  ],
  [
    'a hospital writes a reading of a person who is not known here',
    caller('hospital'),
    create(reading),
    undefined,
    facts({ related: true }, { unknownPatient: true }),
    'Observation',
  ],
  [
    'one of two patients is not related',
    caller('gp'),
    create({ resourceType: 'List' }),
    undefined,
    { ...related, patients: [...related.patients, ...unrelated.patients] },
    'List',
  ],
  [
    'a care team names the caller',
    caller('hospital'),
    create({ resourceType: 'CareTeam', subject, participant: [{ member: hospital }] }),
    undefined,
    unrelated,
    'CareTeam',
  ],
  [
    'an Encounter names the caller',
    caller('hospital'),
    create({ resourceType: 'Encounter', status: 'in-progress', subject, serviceProvider: hospital }),
    undefined,
    unrelated,
    'Encounter',
  ],
  [
    'an order that is no referral',
    caller('hospital'),
    create({ ...referral, code: {} }),
    undefined,
    unrelated,
    'ServiceRequest',
  ],
  ['a Task that is no referral', caller('gp'), create({ ...task, code: {} }), undefined, unrelated, 'Task'],
];

const done: readonly Case[] = [
  [
    'the municipality names the GP',
    caller('municipality'),
    update({ ...patient, generalPractitioner: [gpOffice] }),
    patient,
    related,
    undefined,
  ],
  [
    'the administrator names the GP',
    caller('admin'),
    update({ ...patient, generalPractitioner: [gpOffice] }),
    patient,
    unrelated,
    undefined,
  ],
  [
    'a hospital registers a Patient',
    caller('hospital'),
    create(without(patient, 'id', 'generalPractitioner')),
    undefined,
    facts({ related: true }, { patients: [] }),
    undefined,
  ],
  [
    'a hospital changes the telephone of a Patient',
    caller('hospital'),
    update({ ...patient, telecom: [{ value: '1' }] }),
    patient,
    related,
    undefined,
  ],
  [
    'the same GP in another order of members is no change',
    caller('gp'),
    update({
      ...patient,
      generalPractitioner: [{ identifier: { value: '999000102', system: 'urn:oid:2.16.578.1.12.4.1.4.4' } }],
    }),
    patient,
    related,
    undefined,
  ],
  [
    'the municipality opens an episode for a person it registered',
    caller('municipality'),
    create(episode),
    undefined,
    facts({ related: false, visible: true }),
    undefined,
  ],
  [
    'the municipality pauses its episode',
    caller('municipality'),
    update({ ...episode, status: 'onhold' }),
    episode,
    related,
    undefined,
  ],
  [
    'a hospital refers a patient that it has no relation to',
    caller('hospital'),
    create(referral),
    undefined,
    unrelated,
    undefined,
  ],
  [
    'a hospital doctor refers in its own name',
    caller('hospital'),
    create({ ...referral, requester: { identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.4', value: '999000103' } } }),
    undefined,
    unrelated,
    undefined,
  ],
  [
    'a hospital refers a person who is not known here',
    caller('hospital'),
    create(referral),
    undefined,
    facts({ related: true }, { unknownPatient: true, patients: [] }),
    undefined,
  ],
  ['with the Task of the referral', caller('hospital'), create(task), undefined, unrelated, undefined],
  ['and takes it back', caller('hospital'), update({ ...task, status: 'cancelled' }), task, unrelated, undefined],
  [
    'also when it was received',
    caller('hospital'),
    update({ ...task, status: 'cancelled' }),
    { ...task, status: 'received' },
    unrelated,
    undefined,
  ],
  [
    'a note on an accepted Task',
    caller('municipality'),
    update({ ...task, status: 'accepted', note: [{ text: 'x' }] }),
    { ...task, status: 'accepted' },
    related,
    undefined,
  ],
  [
    'the municipality registers an application on paper',
    caller('municipality'),
    create({ ...referral, requester: hospital }),
    undefined,
    facts({ related: false, visible: true }),
    undefined,
  ],
  ['a GP writes a reading of its patient', caller('gp'), create(reading), undefined, related, undefined],
  ['a device client delivers for any patient', caller('device'), create(reading), undefined, unrelated, undefined],
  [
    'also for one who is not known',
    caller('device'),
    create(reading),
    undefined,
    facts({ related: false }, { unknownPatient: true, patients: [] }),
    undefined,
  ],
  [
    'a row that concerns nobody',
    caller('hospital'),
    create({ resourceType: 'Communication', status: 'completed' }),
    undefined,
    facts({ related: true }, { patients: [] }),
    undefined,
  ],
  [
    'the centre keeps a reading of an unknown person',
    caller('municipality'),
    create(reading),
    undefined,
    facts({ related: true }, { unknownPatient: true, patients: [] }),
    undefined,
  ],
];

describe('granting oneself a relation', () => {
  test.each(selfGrants)('%s: refused', (_what, who, change, before, known, refused) => {
    const failure = checkWrite(who, change, before, known);
    expect(failure?.issues[0]?.expression).toEqual([refused]);
    expect(['forbidden', 'unprocessable']).toContain(failure?.category);
  });

  test('the module itself does what its operations decided', () => {
    expect(
      checkWrite(
        caller('gp'),
        { op: 'update', resource: { ...task, status: 'accepted' }, by: 'module' },
        task,
        unrelated,
      ),
    ).toBeUndefined();
  });
});

describe('writing what one may', () => {
  test.each(done)('%s: done', (_what, who, change, before, known) => {
    expect(checkWrite(who, change, before, known)).toBeUndefined();
  });
});

describe('rows that the caller may not see', () => {
  const hidden = facts({ related: false }, { visible: false });
  test.each([
    ['update', update(reading), reading],
    ['delete', { op: 'delete', type: 'Observation', id: 'o1' }, reading],
    ['revival after a delete', update({ ...patient }), undefined],
  ] as const)('%s is answered as if there were none', (_what, change, before) => {
    expect(checkWrite(caller('hospital'), change, before, hidden)?.category).toBe('not-found');
  });
});

describe('an update that creates', () => {
  test('needs the scopes for both', () => {
    const who = caller('gp', { scopes: parseScopes('system/Observation.u') });
    expect(checkWrite(who, update(reading), undefined, related)?.category).toBe('forbidden');
    expect(checkWrite(who, update(reading), reading, related)).toBeUndefined();
  });
});

test('what must run with the patients of a new row', () => {
  expect(patientRule(caller('device'), reading)).toBe('any');
  expect(patientRule(caller('gp'), reading)).toBe('related');
  expect(patientRule(caller('municipality'), episode)).toBe('visible');
  expect(patientRule(caller('hospital'), referral)).toBe('any');
});
