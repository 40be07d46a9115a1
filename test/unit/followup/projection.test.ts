import { readFileSync } from 'node:fs';
import type { Change } from '../../../src/fhir/change.js';
import { parseJson } from '../../../src/fhir/json.js';
import type { Resource } from '../../../src/fhir/resource.js';
import type { Input } from '../../../src/followup/engine/input.js';
import type { Op } from '../../../src/followup/engine/op.js';
import { initialState } from '../../../src/followup/engine/state.js';
import { step } from '../../../src/followup/engine/step.js';
import { applyPlanDefinition } from '../../../src/followup/plan/apply-plan-definition.js';
import { ruleSetFromCarePlan } from '../../../src/followup/plan/rule-set-from-care-plan.js';
import { alertOf, colourOf } from '../../../src/followup/projection/alert-element.js';
import { engineFailedOp, project, untimelyOp } from '../../../src/followup/projection/project.js';
import type { ProjectionContext } from '../../../src/followup/projection/projection-context.js';
import { redClockDue, redClockStep } from '../../../src/followup/projection/red-clock.js';
import { Failure } from '../../../src/kernel/failure.js';
import { centre, countingIds, minute, monday, nurse, one, resources, stored } from './follow-up-world.js';

const kols = parseJson(readFileSync('profiles/plan-definitions/kols.json', 'utf8')) as Resource;
const draft = applyPlanDefinition({
  templates: [kols],
  subject: { reference: 'Patient/ola' },
  start: '2026-03-02',
  now: monday,
  ids: countingIds(),
});
const ruleSet = {
  ...ruleSetFromCarePlan((draft as Extract<Change, { op: 'create' }>).resource),
  status: 'approved' as const,
  id: 'plan',
  version: 4,
};

/** The store as far as the projection sees it: applies changes and gives the next context. */
class Store {
  readonly all = new Map<string, Resource>();
  private readonly ids = countingIds('r');
  state = initialState(ruleSet);

  context(now: number, more: Partial<ProjectionContext> = {}): ProjectionContext {
    const all = [...this.all.values()];
    const issues = all.filter((resource) => resource.resourceType === 'DetectedIssue');
    const taskOf = (issue: Resource) =>
      all.find(
        (task) =>
          task.resourceType === 'Task' &&
          (task.focus as { reference?: string } | undefined)?.reference === `DetectedIssue/${issue.id}`,
      );
    const ended = new Set(['completed', 'cancelled']);
    return {
      patient: { reference: 'Patient/ola' },
      patientId: 'ola',
      plan: { reference: 'CarePlan/plan/_history/4', ruleSet },
      owner: centre,
      monitored: true,
      openAlerts: new Map(
        issues
          .filter((issue) => issue.status === 'preliminary')
          .map((issue) => [alertOf(issue)!.rule, { issue, task: taskOf(issue) }]),
      ),
      closedAlerts: new Map(
        issues.filter((issue) => issue.status === 'final').map((issue) => [alertOf(issue)!.rule, issue]),
      ),
      openTasks: all.filter((resource) => resource.resourceType === 'Task' && !ended.has(String(resource.status))),
      flags: all.filter((resource) => resource.resourceType === 'Flag' && resource.status === 'active'),
      redResponse: 15 * minute,
      now,
      ids: this.ids,
      ...more,
    };
  }

  apply(changes: readonly Change[]): Resource[] {
    const written = resources(changes);
    for (const resource of written) {
      const key = `${resource.resourceType}/${resource.id}`;
      this.all.set(key, stored(resource, Number(this.all.get(key)?.meta?.versionId ?? 0) + 1));
    }
    return written;
  }

  /** One input through the engine and the projection. */
  take(input: Input): Resource[] {
    const result = step(this.state, input);
    this.state = result.state;
    return this.apply(project(result.ops, this.context(input.received ?? input.t)));
  }

  spo2(time: string, value: string, source: string): Resource[] {
    return this.take({ type: 'obs', t: Date.parse(`2026-03-${time}+01:00`), measure: 'spo2', value, source });
  }

  ofType = (type: string): Resource[] => [...this.all.values()].filter((resource) => resource.resourceType === type);
  zone = (): unknown =>
    (this.ofType('Flag')[0]?.code as { coding?: { code?: string }[] } | undefined)?.coding?.[0]?.code;
}

const said = {
  t: monday,
  received: monday,
  evidence: ['Observation/1'],
  words: 'Oksygenmetning 89 %',
  plan: { id: 'plan', version: 4 },
};
const open: Op = {
  op: 'open',
  rule: 'spo2-zone',
  colour: 'yellow',
  due: { label: '2026-03-02T15:00', at: Date.parse('2026-03-02T14:00:00Z') },
  ...said,
};
const codeOf = (resource: Resource): string | undefined =>
  (resource.code as { coding?: { system?: string; code?: string }[] }).coding?.find((one) =>
    one.system?.startsWith('http://hjemmebro'),
  )?.code;

describe('falling oxygen saturation over four days (KOLS)', () => {
  const store = new Store();

  test('the first yellow opens an alert with its Task, due within the shift; the zone is yellow', () => {
    const written = store.spo2('02T08:10:00', '91', 'Observation/a');
    expect(written.map((resource) => resource.resourceType)).toEqual(['DetectedIssue', 'Task', 'Flag']);
    const [issue, task] = written as [Resource, Resource];
    expect(issue).toMatchObject({
      status: 'preliminary',
      severity: 'moderate',
      patient: { reference: 'Patient/ola' },
      implicated: [{ reference: 'Observation/a' }],
      code: { coding: [{ code: '5.2.1' }, { code: 'measurement-deviation' }] },
      author: { reference: 'Device/hjemmebro-engine' },
      identifiedDateTime: '2026-03-02T07:10:00.000Z',
      identifier: [{ system: 'http://hjemmebro.no/fhir/alert', value: 'ola|spo2-zone|plan#4|Observation/a' }],
    });
    expect(task).toMatchObject({
      status: 'requested',
      priority: 'urgent',
      focus: { reference: `DetectedIssue/${issue.id}` },
      for: { reference: 'Patient/ola' },
      owner: centre,
      basedOn: [{ reference: 'CarePlan/plan/_history/4' }],
      restriction: { period: { end: '2026-03-02T14:00:00.000Z' } },
    });
    expect([colourOf(issue), colourOf(task), store.zone()]).toEqual(['yellow', 'yellow', 'zone-yellow']);
  });

  test('more of the same is added to it; the third makes a Task to call the patient', () => {
    store.spo2('03T08:05:00', '90', 'Observation/b');
    const written = store.spo2('04T08:05:00', '90', 'Observation/c');
    expect(written.filter((resource) => codeOf(resource) === 'call-patient')).toMatchObject([
      { status: 'requested', focus: { reference: 'Observation/c' } },
    ]);
    expect(store.ofType('DetectedIssue')).toHaveLength(1);
    expect(store.ofType('DetectedIssue')[0]).toMatchObject({
      implicated: [{ reference: 'Observation/a' }, { reference: 'Observation/b' }, { reference: 'Observation/c' }],
    });
    expect(alertOf(store.ofType('DetectedIssue')[0]!)?.count).toBe(3);
  });

  test('red raises the same alert, at once to be handled, with its clock running', () => {
    const written = store.spo2('05T08:10:00', '89', 'Observation/d');
    expect(one(written, 'DetectedIssue')).toMatchObject({ severity: 'high', status: 'preliminary' });
    const task = one(written, 'Task');
    expect(task).toMatchObject({
      priority: 'stat',
      status: 'requested',
      restriction: { period: { end: '2026-03-05T07:25:00.000Z' } },
    });
    expect(redClockDue(task)).toBe(Date.parse('2026-03-05T07:25:00Z'));
    expect(store.zone()).toBe('zone-red');
  });

  test('closed by a person it leaves the zone, and the next violation opens a new alert that names the former', () => {
    const former = store.ofType('DetectedIssue')[0]!;
    store.apply([{ op: 'update', resource: { ...former, status: 'final' } }]);
    store.take({ type: 'close', t: Date.parse('2026-03-05T09:00:00Z'), rule: 'spo2-zone' });
    expect(store.zone()).toBe('zone-green');
    const issue = one(store.spo2('06T08:10:00', '88', 'Observation/e'), 'DetectedIssue');
    expect(issue.id).not.toBe(former.id);
    expect(alertOf(issue)).toMatchObject({ former: { reference: `DetectedIssue/${former.id}` }, count: 1 });
    expect(store.zone()).toBe('zone-red');
  });

  test('red on a Saturday without an after-hours desk tells the patient at once whom to call', () => {
    const sunday = new Store();
    const written = sunday.spo2('07T11:00:00', '85', 'Observation/f');
    expect(one(written, 'Communication')).toMatchObject({
      priority: 'stat',
      recipient: [{ reference: 'Patient/ola' }],
      payload: [{ contentString: expect.stringMatching(/113.*116117/) }],
    });
    expect(
      sunday.spo2('07T11:10:00', '84', 'Observation/g').filter((resource) => resource.resourceType === 'Communication'),
    ).toEqual([]);
  });
});

describe('every op has a projection', () => {
  const now = monday;
  const fresh = () => new Store();
  const ended = { ...said, evidence: ['Observation/1'] };

  test.each<[string, Op, string, string]>([
    ['task', { op: 'task', escalation: 'ring3', action: 'call-patient', ...said }, 'Task', 'call-patient'],
    [
      'task of an unknown action',
      { op: 'task', escalation: 'x', action: 'ring-parorende', ...said },
      'Task',
      'escalation',
    ],
    ['repeat-request', { op: 'repeat-request', measure: 'spo2', ...said }, 'Task', 'repeat-measurement'],
    ['unplanned', { op: 'unplanned', measure: 'loinc|1', ...said }, 'Task', 'unplanned-measurement'],
    ['duplicate', { op: 'duplicate', measure: 'spo2', ...said }, 'Task', 'duplicate-measurement'],
    ['conflict', { op: 'conflict', measure: 'spo2', kept: '83 %', ...said }, 'DetectedIssue', 'technical-conflict'],
    ['unread form', { op: 'unread', what: 'form', name: 'own', ...said }, 'Task', 'read-form'],
    ['unread message', { op: 'unread', what: 'message', name: 't', ...said }, 'Task', 'read-message'],
    ['incomplete', { op: 'incomplete', rule: 'cat-worse', missing: ['3'], ...said }, 'Task', 'incomplete-form'],
    ['plan-not-active', { op: 'plan-not-active', status: 'draft', ...said }, 'Task', 'plan-not-active'],
    [
      'stored-paused in red',
      { op: 'stored-paused', measure: 'spo2', zone: 'red', ...said },
      'Task',
      'measured-under-pause',
    ],
    ['grey', { ...open, rule: 'grey', colour: 'grey' }, 'DetectedIssue', 'limits-missing'],
    [
      'technical',
      { ...open, rule: 'technical:spo2', colour: 'technical', note: 'technical' },
      'DetectedIssue',
      'technical-device',
    ],
    [
      'impossible',
      { ...open, rule: 'technical:spo2', colour: 'technical', note: 'impossible' },
      'DetectedIssue',
      'technical-implausible',
    ],
    [
      'unconfirmed',
      { ...open, rule: 'technical:spo2', colour: 'technical', note: 'unconfirmed' },
      'DetectedIssue',
      'technical-unconfirmed',
    ],
    ['message', { ...open, rule: 'message:a', colour: 'blue' }, 'DetectedIssue', 'message'],
    [
      'missing measurement',
      { ...open, rule: 'missing:spo2-daily', colour: 'green', due: { label: 'as-needed' } },
      'DetectedIssue',
      'missing-measurement',
    ],
    [
      'missing form',
      { ...open, rule: 'missing:kols-form', colour: 'green', due: { label: 'as-needed' } },
      'DetectedIssue',
      'missing-form',
    ],
    ['composite', { ...open, rule: 'kols-combined', colour: 'red' }, 'DetectedIssue', 'composite'],
    ['trend', { ...open, rule: 'spo2-rel' }, 'DetectedIssue', 'trend'],
    [
      'engine failure',
      engineFailedOp({ source: 'Observation/1', received: now }, undefined),
      'DetectedIssue',
      'engine-failed',
    ],
    [
      'untimely',
      untimelyOp({ of: 'spo2', source: 'Observation/1', received: now, words: 'x' }, undefined),
      'DetectedIssue',
      'technical-time',
    ],
    [
      'update of an alert that is lost',
      { op: 'update', rule: 'spo2-zone', colour: 'yellow', count: 4, ...said },
      'DetectedIssue',
      'measurement-deviation',
    ],
    [
      'escalation of an alert that is lost',
      { ...open, op: 'escalate', colour: 'red' },
      'DetectedIssue',
      'measurement-deviation',
    ],
  ])('%s', (_name, op, type, code) => {
    const written = resources(project([op], fresh().context(now))).filter((resource) => resource.resourceType === type);
    expect(written.map(codeOf)).toEqual([code]);
  });

  test('a conflict shows both values', () => {
    const issue = one(
      resources(project([{ op: 'conflict', measure: 'spo2', kept: '83 %', ...said }], fresh().context(now))),
      'DetectedIssue',
    );
    expect(issue.detail).toMatch(/83 %.*89 %/);
  });

  test('limits-needed is the Task of grey, due when the engine says; overdue presses it, limits close it', () => {
    const store = fresh();
    const due = { label: '2026-03-16', at: Date.parse('2026-03-16T23:00:00Z') };
    const written = store.apply(project([{ ...open, rule: 'grey', colour: 'grey', due }], store.context(now)));
    expect(one(written, 'Task')).toMatchObject({
      code: { coding: [{ code: 'limits-needed' }] },
      restriction: { period: { end: '2026-03-16T23:00:00.000Z' } },
    });
    expect(one(store.apply(project([{ op: 'overdue', ...ended }], store.context(now))), 'Task')).toMatchObject({
      priority: 'urgent',
    });
    const closed = store.apply(project([{ op: 'close-auto', ...ended }], store.context(now)));
    expect([one(closed, 'DetectedIssue').status, one(closed, 'Task').status]).toEqual(['final', 'completed']);
  });

  test('withdrawn evidence cancels alert and Task; a miss less is a note', () => {
    const store = fresh();
    store.apply(project([open], store.context(now)));
    const less = store.apply(
      project(
        [{ op: 'cancel', rule: 'spo2-zone', reason: '2026-03-05T09:00:00+01:00', ended: false, ...ended }],
        store.context(now),
      ),
    );
    expect(one(less, 'Task')).toMatchObject({
      status: 'requested',
      note: [{ text: expect.stringContaining('2026-03-05') }],
    });
    const written = store.apply(
      project(
        [{ op: 'cancel', rule: 'spo2-zone', reason: 'evidence-withdrawn', ended: true, ...ended }],
        store.context(now),
      ),
    );
    expect([one(written, 'DetectedIssue').status, one(written, 'Task').status, store.zone()]).toEqual([
      'entered-in-error',
      'cancelled',
      'zone-green',
    ]);
  });

  test('cleared marks the alert and leaves it to a person', () => {
    const store = fresh();
    store.apply(project([open], store.context(now)));
    const issue = one(
      store.apply(project([{ op: 'cleared', rule: 'spo2-zone', ...said }], store.context(now))),
      'DetectedIssue',
    );
    expect(issue.status).toBe('preliminary');
    expect(alertOf(issue)?.cleared).toBe('2026-03-02T08:00:00.000Z');
  });

  test('green and yellow under a pause of everything are only stored, and pause, resume and done tasks say so themselves', () => {
    const ops: Op[] = [
      { op: 'stored-paused', measure: 'spo2', zone: 'yellow', ...said },
      { op: 'paused', mode: 'all', ...said },
      { op: 'resumed', ...said },
      { op: 'task-done', code: 'walk', ...said },
    ];
    expect(resources(project(ops, fresh().context(now, { monitored: false })))).toEqual([]);
  });

  test('several ops on one alert write each resource once', () => {
    const store = fresh();
    const ops: Op[] = [
      open,
      {
        op: 'update',
        rule: 'spo2-zone',
        colour: 'yellow',
        count: 2,
        ...said,
        evidence: ['Observation/1', 'Observation/2'],
      },
      { ...open, op: 'escalate', colour: 'red', due: { label: 'ASAP' } },
    ];
    const written = resources(project(ops, store.context(now)));
    expect(written.map((resource) => resource.resourceType)).toEqual(['DetectedIssue', 'Task', 'Flag']);
    expect(colourOf(written[0]!)).toBe('red');
  });

  test('an entry that is on the worklist already gets a note, not a twin', () => {
    const store = fresh();
    const op: Op = { op: 'unplanned', measure: 'loinc|1', ...said };
    store.apply(project([op], store.context(now)));
    store.apply(project([op], store.context(now + minute)));
    expect(store.ofType('Task')).toMatchObject([{ note: [{ text: expect.any(String) }] }]);
  });

  test("nothing is managed by what a client says: every change is the module's own", () => {
    const changes = project([open], fresh().context(now));
    expect(changes.every((change) => change.by === 'module' && change.op === 'create' && change.managed === true)).toBe(
      true,
    );
  });

  test('nobody has a zone while nothing is monitored', () => {
    const store = fresh();
    store.apply(project([open], store.context(now)));
    expect(one(resources(project([], store.context(now, { monitored: false }))), 'Flag').status).toBe('inactive');
  });
});

describe('the clock of a red alert', () => {
  const chain = [{ reference: 'Organization/homecare', display: 'Hjemmesykepleien' }];
  const policy = { response: 15 * minute, chain };
  const red = stored(
    one(resources(project([{ ...open, colour: 'red', due: { label: 'ASAP' } }], new Store().context(monday))), 'Task'),
  );
  const at = (task: Resource, now: number) => resources(redClockStep({ task, policy, now, ids: countingIds() }));

  test('goes to the next of the chain when nobody has answered in time, then the patient is told', () => {
    expect(at(red, monday + 14 * minute)).toEqual([]);
    const first = at(red, monday + 15 * minute)[0]!;
    expect(first).toMatchObject({
      owner: chain[0],
      status: 'requested',
      note: [{ text: expect.stringContaining('Hjemmesykepleien') }],
    });
    expect(redClockDue(first)).toBe(monday + 30 * minute);
    const second = at(stored(first, 2), monday + 30 * minute);
    expect(second.map((resource) => resource.resourceType)).toEqual(['Task', 'Communication']);
    expect(redClockDue(second[0]!)).toBeUndefined();
  });

  test('stops when somebody takes it', () => {
    expect(redClockDue({ ...red, status: 'accepted' })).toBeUndefined();
    expect(at({ ...red, status: 'in-progress', owner: nurse }, monday + 60 * minute)).toEqual([]);
  });
});

test('the world of this test has an approved KOLS plan', () => {
  expect(draft).not.toBeInstanceOf(Failure);
});
