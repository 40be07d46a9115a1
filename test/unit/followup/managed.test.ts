import type { Resource } from '../../../src/fhir/resource.js';
import { guardManaged, managedOnCreate } from '../../../src/followup/managed/guard-managed.js';
import { protectedDifferences } from '../../../src/followup/managed/protected-differences.js';

const base = 'http://hjemmebro.no/fhir';
const approval = {
  url: `${base}/StructureDefinition/dho-approval`,
  extension: [{ url: 'contentHash', valueString: 'sha256:1' }],
};
const colour = (code: string) => ({
  url: `${base}/StructureDefinition/dho-colour`,
  valueCoding: { system: `${base}/CodeSystem/dho-colour`, code },
});
const ownTask = (code: string) => ({ coding: [{ system: `${base}/CodeSystem/dho-task-code`, code }] });
const r4Task = (code: string) => ({ coding: [{ system: 'http://hl7.org/fhir/CodeSystem/task-code', code }] });
const dho = { coding: [{ system: `${base}/CodeSystem/dho-service`, code: '103' }] };
const planCategory = [
  { coding: [{ system: 'http://ehelse.no/fhir/CodeSystem/vkp-careplan-category-v090', code: '2' }] },
];

const draft: Resource = {
  resourceType: 'CarePlan',
  id: '1',
  status: 'draft',
  intent: 'plan',
  category: planCategory,
  subject: { reference: 'Patient/1' },
  title: 'KOLS',
};
const inForce: Resource = { ...draft, status: 'active', extension: [approval] };
const issue: Resource = {
  resourceType: 'DetectedIssue',
  id: '1',
  status: 'preliminary',
  severity: 'high',
  code: { text: 'x' },
  patient: { reference: 'Patient/1' },
  extension: [colour('red')],
  implicated: [],
};
const alertTask: Resource = {
  resourceType: 'Task',
  id: '1',
  status: 'requested',
  intent: 'order',
  priority: 'stat',
  code: ownTask('handle-alert'),
  owner: { reference: 'Organization/1' },
  extension: [colour('red')],
};
const callTask: Resource = { ...alertTask, code: ownTask('call-patient'), extension: [] };
const approveTask: Resource = { ...callTask, code: r4Task('approve') };
const fulfillTask: Resource = { ...callTask, code: r4Task('fulfill'), status: 'received' };
const episode: Resource = {
  resourceType: 'EpisodeOfCare',
  id: '1',
  status: 'active',
  type: [dho],
  patient: { reference: 'Patient/1' },
  managingOrganization: { reference: 'Organization/1' },
};
const referral: Resource = {
  resourceType: 'ServiceRequest',
  id: '1',
  status: 'active',
  intent: 'order',
  code: dho,
  subject: { reference: 'Patient/1' },
};
const flag: Resource = {
  resourceType: 'Flag',
  id: '1',
  status: 'active',
  code: { text: 'zone-red' },
  subject: { reference: 'Patient/1' },
};
const device: Resource = { resourceType: 'Device', id: '1', status: 'active', patient: { reference: 'Patient/1' } };
const use: Resource = {
  resourceType: 'DeviceUseStatement',
  id: '1',
  status: 'active',
  subject: { reference: 'Patient/1' },
  device: { reference: 'Device/1' },
};
const provenance: Resource = { resourceType: 'Provenance', id: '1', target: [{ reference: 'CarePlan/1' }] };

/** Managed element × the operation that the refusal must name ('' = nothing changes it). */
const refused: [string, Resource, object, string][] = [
  ['CarePlan draft → active', draft, { status: 'active' }, 'CarePlan/$approve'],
  ['CarePlan draft gets an approval', draft, { extension: [approval] }, 'CarePlan/$approve'],
  ['CarePlan draft of another patient', draft, { subject: { reference: 'Patient/2' } }, ''],
  ['CarePlan leaves the category', draft, { category: [] }, ''],
  ['CarePlan in force ends', inForce, { status: 'completed' }, 'CarePlan/$approve'],
  ['CarePlan in force loses its approval', inForce, { extension: undefined }, 'CarePlan/$approve'],
  ['CarePlan in force gets another title', inForce, { title: 'Hjertesvikt' }, '`replaces`'],
  [
    'CarePlan in force gets another activity',
    inForce,
    { activity: [{ detail: { status: 'scheduled' } }] },
    '`replaces`',
  ],
  ['DetectedIssue closes', issue, { status: 'final' }, 'DetectedIssue/$close'],
  ['DetectedIssue gets a mitigation', issue, { mitigation: [{ action: { text: 'x' } }] }, 'DetectedIssue/$close'],
  ['DetectedIssue gets milder', issue, { severity: 'low' }, ''],
  ['DetectedIssue changes colour', issue, { extension: [colour('yellow')] }, ''],
  [
    'DetectedIssue loses its evidence',
    { ...issue, implicated: [{ reference: 'Observation/1' }] },
    { implicated: [] },
    '',
  ],
  ['alert Task is completed', alertTask, { status: 'completed' }, 'DetectedIssue/$close'],
  ['alert Task is cancelled', alertTask, { status: 'cancelled' }, 'DetectedIssue/$close'],
  ['alert Task changes owner', alertTask, { owner: { reference: 'Organization/2' } }, 'Task/$delegate'],
  ['alert Task gets less urgent', alertTask, { priority: 'routine' }, ''],
  ['alert Task gets a later deadline', alertTask, { restriction: { period: { end: '2030-01-01' } } }, ''],
  [
    'alert Task goes back from accepted',
    { ...alertTask, status: 'accepted' },
    { status: 'requested' },
    'DetectedIssue/$close',
  ],
  [
    'limits-needed Task is completed',
    { ...alertTask, code: ownTask('limits-needed') },
    { status: 'completed' },
    'CarePlan/$approve',
  ],
  ['approve Task is completed', approveTask, { status: 'completed' }, 'CarePlan/$approve'],
  ['fulfill Task is accepted', fulfillTask, { status: 'accepted' }, 'ServiceRequest/$accept'],
  [
    'a completed worklist Task is opened again',
    { ...callTask, status: 'completed' },
    { status: 'requested' },
    'next status',
  ],
  ['EpisodeOfCare pauses', episode, { status: 'onhold' }, 'EpisodeOfCare/$pause'],
  ['EpisodeOfCare ends', episode, { status: 'finished' }, 'EpisodeOfCare/$end'],
  ['EpisodeOfCare of another patient', episode, { patient: { reference: 'Patient/2' } }, ''],
  ['EpisodeOfCare of another organisation', episode, { managingOrganization: { reference: 'Organization/2' } }, ''],
  ['referral is revoked', referral, { status: 'revoked' }, 'ServiceRequest/$reject'],
  ['referral of another requester', referral, { requester: { reference: 'Organization/2' } }, ''],
  ['Flag is inactive', flag, { status: 'inactive' }, ''],
  ['Flag changes zone', flag, { code: { text: 'zone-green' } }, ''],
  ['Device to another patient', device, { patient: { reference: 'Patient/2' } }, 'Device/$assign'],
  ['DeviceUseStatement is completed', use, { status: 'completed' }, 'Device/$return'],
  ['Provenance of an approval changes', provenance, { target: [{ reference: 'CarePlan/2' }] }, ''],
];

/** What stays ordinary FHIR on managed resources. */
const allowed: [string, Resource, object][] = [
  ['the content of a draft plan', draft, { title: 'Hjertesvikt', activity: [{ detail: { status: 'scheduled' } }] }],
  ['a draft plan is given up', draft, { status: 'revoked' }],
  [
    'the narrative and meta of a plan in force',
    inForce,
    { text: { status: 'generated', div: '<div/>' }, meta: { tag: [] } },
  ],
  ['an active plan without approval', { ...draft, status: 'active' }, { title: 'x' }],
  ['a nurse takes an alert', alertTask, { status: 'accepted' }],
  ['a nurse works on an alert', { ...alertTask, status: 'accepted' }, { status: 'in-progress' }],
  ["a note on an alert's Task", alertTask, { note: [{ text: 'Ringer kl. 12' }] }],
  ['a worklist Task is done', callTask, { status: 'completed' }],
  ['notes of a Device', device, { note: [{ text: 'Nytt batteri' }] }],
  ['care manager of an episode', episode, { careManager: { reference: 'Practitioner/1' } }],
];

describe('managed element × interaction', () => {
  test.each(refused)('update: %s is refused (422) and names what to use', (_name, before, change, operation) => {
    const failure = guardManaged(
      { op: 'update', resource: { ...before, ...change } as Resource },
      { resource: before, managed: true },
    );
    expect(failure?.category).toBe('unprocessable');
    if (operation === '') expect(failure?.message).toContain('not changed after creation');
    else expect(failure?.message).toContain(operation);
    expect(failure?.issues.every((issue) => issue.expression?.[0]?.startsWith(before.resourceType))).toBe(true);
  });

  test.each(refused)(
    'update: %s is ordinary on an unmanaged resource, unless it claims what only the module gives',
    (_name, before, change) => {
      const after = { ...before, ...change } as Resource;
      const claims = JSON.stringify(after).includes('dho-approval') || managedOnCreate(after);
      const failure = guardManaged({ op: 'update', resource: after }, { resource: before, managed: false });
      expect(failure === undefined).toBe(!claims);
    },
  );

  test.each(refused)("update: %s is the module's own to make", (_name, before, change) => {
    expect(
      guardManaged(
        { op: 'update', by: 'module', resource: { ...before, ...change } as Resource },
        { resource: before, managed: true },
      ),
    ).toBeUndefined();
  });

  test.each(allowed)('update: %s stays free', (_name, before, change) => {
    expect(
      guardManaged(
        { op: 'update', resource: { ...before, ...change } as Resource },
        { resource: before, managed: true },
      ),
    ).toBeUndefined();
  });

  test.each([inForce, issue, alertTask, approveTask, episode, referral, flag, device, use, provenance])(
    'delete: a managed $resourceType is refused',
    (resource) => {
      const failure = guardManaged({ op: 'delete', type: resource.resourceType, id: '1' }, { resource, managed: true });
      expect(failure?.category).toBe('unprocessable');
    },
  );

  test('delete: a draft plan may go, and so may unmanaged resources', () => {
    expect(
      guardManaged({ op: 'delete', type: 'CarePlan', id: '1' }, { resource: draft, managed: true }),
    ).toBeUndefined();
    expect(
      guardManaged({ op: 'delete', type: 'DetectedIssue', id: '1' }, { resource: issue, managed: false }),
    ).toBeUndefined();
  });

  test.each<[string, Resource, boolean]>([
    ['a draft plan', draft, true],
    ['an active plan without approval (kept, never monitored)', { ...draft, status: 'active' }, true],
    ['an approved plan', inForce, false],
    ['an alert of its own', issue, true],
    [
      'an alert with an identifier of the module',
      { ...issue, identifier: [{ system: `${base}/alert`, value: 'x' }] },
      false,
    ],
    ['a planned episode', { ...episode, status: 'planned' }, true],
    ['an episode that has started already', episode, false],
    ['a referral', referral, true],
  ])('create: %s', (_name, resource, isAllowed) => {
    expect(guardManaged({ op: 'create', resource }, undefined) === undefined).toBe(isAllowed);
  });

  test("plans, referrals and episodes are managed from their creation; a client's alerts, Tasks and Flags are not", () => {
    expect([draft, referral, episode].map(managedOnCreate)).toEqual([true, true, true]);
    expect([issue, alertTask, flag, device, { ...draft, category: [] }].map(managedOnCreate)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  test('an unmanaged resource does not become a plan by an update', () => {
    const before = { ...draft, category: [] };
    expect(guardManaged({ op: 'update', resource: draft }, { resource: before, managed: false })?.message).toContain(
      'create a new one',
    );
  });

  test('each difference is named by its path', () => {
    expect(
      protectedDifferences(issue, { ...issue, status: 'final', extension: [colour('green')] }).map((one) => one.path),
    ).toEqual(['DetectedIssue.status', `DetectedIssue.extension('${base}/StructureDefinition/dho-colour')`]);
  });
});
