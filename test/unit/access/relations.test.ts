import { partiesOfIdentifiers, resolveParties } from '../../../src/access/parties.js';
import {
  describeRelation,
  type RelationFacts,
  type RelationSource,
  relationChanges,
  relationFacts,
} from '../../../src/access/relations.js';
import type { Change } from '../../../src/fhir/change.js';
import { approvalExtension } from '../../../src/followup/plan/frame-codec.js';
import type { Resource, ResourceKey } from '../../../src/fhir/resource.js';
import { demoPrincipal } from './demo-principals.js';

const enh = 'urn:oid:2.16.578.1.12.4.1.4.101';
const hpr = 'urn:oid:2.16.578.1.12.4.1.4.4';
const her = 'urn:oid:2.16.578.1.12.4.1.2';
const organisation = (value: string): object => ({ identifier: { system: enh, value } });
const municipality = organisation('310000019');
const hospital = organisation('310000027');
const gp = { identifier: { system: hpr, value: '999000102' } };
const newGp = { identifier: { system: hpr, value: '999000104' } };
const subject = { reference: 'Patient/p1' };
const now = Date.UTC(2026, 2, 2);
const day = 86_400_000;

const facts = (change: Partial<RelationFacts> = {}): RelationFacts => ({
  by: demoPrincipal('hospital'),
  now,
  daysAfterEnd: 90,
  parties: (reference) => partiesOfIdentifiers((reference as { identifier?: unknown } | undefined)?.identifier),
  related: new Set(),
  ...change,
});

const dho = { coding: [{ system: 'http://hjemmebro.no/fhir/CodeSystem/dho-service', code: '103' }] };
const referral: Resource = {
  resourceType: 'ServiceRequest',
  id: 's1',
  status: 'active',
  code: dho,
  subject,
  requester: hospital,
};
const task: Resource = {
  resourceType: 'Task',
  id: 't1',
  status: 'received',
  code: { coding: [{ system: 'http://hl7.org/fhir/CodeSystem/task-code', code: 'fulfill' }] },
  focus: { reference: 'ServiceRequest/s1' },
  for: subject,
};
const episode: Resource = {
  resourceType: 'EpisodeOfCare',
  id: 'e1',
  status: 'active',
  patient: subject,
  managingOrganization: municipality,
  referralRequest: [{ reference: 'ServiceRequest/s1' }],
};
const patient: Resource = { resourceType: 'Patient', id: 'p1', generalPractitioner: [gp] };
const stay: Resource = {
  resourceType: 'Encounter',
  id: 'n1',
  status: 'in-progress',
  subject,
  serviceProvider: hospital,
};
const approved = (role: 'hospital' | 'gp', responsible: 'sykehus' | 'fastlege'): object =>
  approvalExtension({
    state: 'approved',
    by: { hpr: '999000103', name: 'Per Testoverlege', role },
    org: '310000027',
    responsible,
    contentHash: 'x',
  } as Parameters<typeof approvalExtension>[0]);
const category = [{ coding: [{ system: 'http://ehelse.no/fhir/CodeSystem/vkp-careplan-category-v090', code: '2' }] }];
const plan: Resource = {
  resourceType: 'CarePlan',
  id: 'c1',
  status: 'active',
  category,
  subject,
  extension: [approved('hospital', 'sykehus')],
};

const create = (resource: Resource): Change => ({ op: 'create', resource });
const update = (resource: Resource): Change => ({ op: 'update', resource });
const module = (resource: Resource): Change => ({ op: 'update', resource, by: 'module' });

/** [what happens, change, before, facts, relations that start and end (with days from now)] */
const table: readonly (readonly [string, Change, Resource | undefined, RelationFacts, readonly string[]])[] = [
  ['an episode is opened', create(episode), undefined, facts(), ['start episode org:310000019 EpisodeOfCare/e1']],
  [
    'an episode is planned',
    create({ ...episode, status: 'planned' }),
    undefined,
    facts(),
    ['start episode org:310000019 EpisodeOfCare/e1'],
  ],
  ['an episode starts', update(episode), { ...episode, status: 'planned' }, facts(), []],
  ['an episode is paused', update({ ...episode, status: 'onhold' }), episode, facts(), []],
  [
    'an episode is finished',
    update({ ...episode, status: 'finished' }),
    episode,
    facts(),
    ['end episode org:310000019 EpisodeOfCare/e1 +90', 'end * * ServiceRequest/s1 +90'],
  ],
  [
    'an episode is cancelled',
    update({ ...episode, status: 'cancelled' }),
    episode,
    facts(),
    ['end episode org:310000019 EpisodeOfCare/e1 +0', 'end * * ServiceRequest/s1 +0'],
  ],
  [
    'an episode is opened again',
    update(episode),
    { ...episode, status: 'finished' },
    facts(),
    ['start episode org:310000019 EpisodeOfCare/e1'],
  ],
  ['an episode is recorded that is over', create({ ...episode, status: 'finished' }), undefined, facts(), []],
  [
    'an episode is deleted',
    { op: 'delete', type: 'EpisodeOfCare', id: 'e1' },
    episode,
    facts(),
    ['end * * EpisodeOfCare/e1 +0'],
  ],
  ['a person runs the episode', create({ ...episode, managingOrganization: gp }), undefined, facts(), []],
  ['a patient gets a GP', create(patient), undefined, facts(), ['start fastlege hpr:999000102 Patient/p1']],
  [
    'a patient changes GP',
    update({ ...patient, generalPractitioner: [newGp] }),
    patient,
    facts(),
    ['start fastlege hpr:999000104 Patient/p1', 'end fastlege hpr:999000102 Patient/p1 +0'],
  ],
  ['a patient keeps the GP', update({ ...patient, gender: 'male' }), patient, facts(), []],
  ['a patient is deleted', { op: 'delete', type: 'Patient', id: 'p1' }, patient, facts(), ['end * * Patient/p1 +0']],
  [
    'a referral arrives',
    create(referral),
    undefined,
    facts(),
    ['start referral-received org:310000019 ServiceRequest/s1'],
  ],
  ['a referral is drafted', create({ ...referral, status: 'draft' }), undefined, facts(), []],
  [
    'a drafted referral is sent',
    update(referral),
    { ...referral, status: 'draft' },
    facts(),
    ['start referral-received org:310000019 ServiceRequest/s1'],
  ],
  [
    'a referral to somebody else',
    create({ ...referral, performer: [organisation('310000051')] }),
    undefined,
    facts(),
    [],
  ],
  [
    'a referral to the municipality by name',
    create({ ...referral, performer: [municipality] }),
    undefined,
    facts(),
    ['start referral-received org:310000019 ServiceRequest/s1'],
  ],
  ['a municipality refers to itself', create(referral), undefined, facts({ by: demoPrincipal('municipality') }), []],
  ['an order that is no referral', create({ ...referral, code: {} }), undefined, facts(), []],
  [
    'a referral is accepted by the operation',
    module({ ...task, status: 'accepted' }),
    task,
    facts({ referral }),
    ['start referral org:310000027 ServiceRequest/s1'],
  ],
  ['a referral is accepted by writing', update({ ...task, status: 'accepted' }), task, facts({ referral }), []],
  ['a referral is rejected', module({ ...task, status: 'rejected' }), task, facts({ referral }), []],
  [
    'an accepted Task is completed',
    module({ ...task, status: 'completed' }),
    { ...task, status: 'accepted' },
    facts({ referral }),
    [],
  ],
  ['a Task whose referral is gone is accepted', module({ ...task, status: 'accepted' }), task, facts(), []],
  [
    'a referral is revoked',
    module({ ...referral, status: 'revoked' }),
    referral,
    facts(),
    ['end referral * ServiceRequest/s1 +0', 'end referral-received * ServiceRequest/s1 +90'],
  ],
  [
    'a referral was a mistake',
    update({ ...referral, status: 'entered-in-error' }),
    referral,
    facts(),
    ['end referral * ServiceRequest/s1 +0', 'end referral-received * ServiceRequest/s1 +0'],
  ],
  [
    'a plan that the hospital answers for is approved',
    module(plan),
    { ...plan, status: 'draft', extension: [] },
    facts(),
    ['start plan hpr:999000103 CarePlan/c1', 'start plan org:310000027 CarePlan/c1'],
  ],
  [
    'a plan that the GP answers for is approved',
    module({ ...plan, extension: [approved('gp', 'fastlege')] }),
    { ...plan, status: 'draft' },
    facts(),
    [],
  ],
  [
    'a GP approves a plan that the hospital answers for',
    module({ ...plan, extension: [approved('gp', 'sykehus')] }),
    { ...plan, status: 'draft', extension: [] },
    facts(),
    [],
  ],
  ['a plan is written as if it were approved', create(plan), undefined, facts(), []],
  ['a plan is replaced', module({ ...plan, status: 'completed' }), plan, facts(), ['end plan * CarePlan/c1 +90']],
  ['a plan is revoked', module({ ...plan, status: 'revoked' }), plan, facts(), ['end plan * CarePlan/c1 +0']],
  [
    'a hospital that is related admits',
    create(stay),
    undefined,
    facts({ related: new Set(['org:310000027']) }),
    ['start admission org:310000027 Encounter/n1'],
  ],
  ['a hospital that is not related admits', create(stay), undefined, facts(), []],
  [
    'a stay ends',
    update({ ...stay, status: 'finished' }),
    stay,
    facts(),
    ['end admission org:310000027 Encounter/n1 +90'],
  ],
  [
    'a care team names a hospital',
    create({ resourceType: 'CareTeam', id: 'k1', subject, participant: [{ member: hospital }] }),
    undefined,
    facts(),
    [],
  ],
  [
    'a reading names a performer',
    create({ resourceType: 'Observation', id: 'o1', subject, performer: [hospital] }),
    undefined,
    facts(),
    [],
  ],
];

describe('relations that start and end', () => {
  test.each(table)('%s', (_what, change, before, known, expected) => {
    const found = relationChanges(change, before, known).map(
      (one) => `${describeRelation(one)}${one.op === 'end' ? ` +${(one.at - now) / day}` : ''}`,
    );
    expect(found).toEqual(expected);
  });
});

describe('whom a reference names', () => {
  const stored: Readonly<Record<string, Resource>> = {
    'Organization/h': { resourceType: 'Organization', identifier: [{ system: enh, value: '310000027' }] },
    'Organization/dept': {
      resourceType: 'Organization',
      identifier: [{ system: her, value: '8990011' }],
      partOf: { reference: 'Organization/h' },
    },
    'HealthcareService/rs': {
      resourceType: 'HealthcareService',
      identifier: [{ system: her, value: '8990002' }],
      providedBy: municipality,
    },
    'Practitioner/k': {
      resourceType: 'Practitioner',
      identifier: [
        { system: hpr, value: '999000102' },
        { system: hpr, use: 'old', value: '1' },
      ],
    },
    'PractitionerRole/kr': {
      resourceType: 'PractitionerRole',
      practitioner: { reference: 'Practitioner/k' },
      organization: organisation('310000035'),
    },
    'Organization/loop': { resourceType: 'Organization', partOf: { reference: 'Organization/loop' } },
    'Organization/twin1': {
      resourceType: 'Organization',
      identifier: [
        { system: her, value: '7' },
        { system: enh, value: '310000043' },
      ],
    },
    'Organization/twin2': {
      resourceType: 'Organization',
      identifier: [
        { system: her, value: '7' },
        { system: enh, value: '310000051' },
      ],
    },
  };
  const read = (key: ResourceKey) => Promise.resolve(stored[`${key.type}/${key.id}`]);
  const source: RelationSource = {
    read,
    glance: read,
    search: (type, query) => {
      const value = query.split('|')[1];
      const hits = Object.values(stored).filter(
        (one) =>
          one.resourceType === type &&
          (one.identifier as { value: string }[] | undefined)?.some((each) => each.value === value),
      );
      return Promise.resolve(type === 'EpisodeOfCare' ? [episode] : hits);
    },
    related: (_patient, parties) => Promise.resolve(parties[0] === 'org:310000027'),
  };

  test.each([
    [organisation('310000027'), ['org:310000027']],
    [gp, ['hpr:999000102']],
    [{ reference: 'Organization/dept' }, ['org:310000027']],
    [{ reference: 'HealthcareService/rs' }, ['org:310000019']],
    [{ reference: 'Practitioner/k' }, ['hpr:999000102']],
    [{ reference: 'PractitionerRole/kr' }, ['hpr:999000102', 'org:310000035']],
    [{ identifier: { system: her, value: '8990011' } }, ['org:310000027']],
    [{ identifier: { system: her, value: '8990002' } }, ['org:310000019']],
    [{ identifier: { system: her, value: '7' } }, []],
    [{ identifier: { system: her, value: '8990011|x' } }, []],
    [{ reference: 'Organization/loop' }, []],
    [{ reference: 'Organization/none' }, []],
    [{ reference: 'https://elsewhere.example/fhir/Organization/h' }, []],
    [{ reference: '#h' }, []],
    [{ display: 'Nordvik sykehus' }, []],
    [undefined, []],
  ])('%j names %j', async (reference, expected) => {
    expect(await resolveParties(reference, source)).toEqual(expected);
  });

  test('facts of a change are gathered before it is judged', async () => {
    const given = { by: demoPrincipal('hospital'), now, daysAfterEnd: 90 };
    const admitted = create({ ...stay, serviceProvider: { reference: 'Organization/dept' } });
    const found = relationChanges(admitted, undefined, await relationFacts(admitted, undefined, source, given));
    expect(found.map(describeRelation)).toEqual(['start admission org:310000027 Encounter/n1']);
  });
});
