import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { loadDefinitions } from '../../../src/fhir/definitions.js';
import { parseJson, stringifyJson } from '../../../src/fhir/json.js';
import type { Resource } from '../../../src/fhir/resource.js';
import { closeAlert } from '../../../src/followup/alert/close-alert.js';
import { delegateTask } from '../../../src/followup/alert/delegate-task.js';
import { admitPatient } from '../../../src/followup/admission/admission.js';
import type { Op, OpenOp } from '../../../src/followup/engine/op.js';
import { pauseEpisode, startEpisode } from '../../../src/followup/episode/move-episode.js';
import { assignDevice, returnDevice } from '../../../src/followup/equipment/loan.js';
import { approve, submitForApproval } from '../../../src/followup/plan/approval.js';
import { applyPlanDefinition } from '../../../src/followup/plan/apply-plan-definition.js';
import { carePlanFromRuleSet } from '../../../src/followup/plan/care-plan-from-rule-set.js';
import { engineDownOp, project } from '../../../src/followup/projection/project.js';
import type { ProjectionContext } from '../../../src/followup/projection/projection-context.js';
import { redClockStep } from '../../../src/followup/projection/red-clock.js';
import { acceptReferral, rejectReferral } from '../../../src/followup/referral/decide-referral.js';
import { receiveReferral } from '../../../src/followup/referral/receive-referral.js';
import { compileValidator } from '../../../src/validation/compile-validator.js';
import { anyRuleSet } from '../../property/rule-set-arbitrary.js';
import { centre, countingIds, hour, monday, nurse, one, patient, resources, stored } from './follow-up-world.js';

const validator = compileValidator(loadDefinitions());
const problems = (resource: Resource): string[] =>
  validator
    .validate(parseJson(stringifyJson(resource)))
    .filter((issue) => issue.severity !== 'warning')
    .map((issue) => `${resource.resourceType}: ${issue.diagnostics}`);

const now = monday;
const ids = countingIds();
const ola = { reference: 'Patient/ola' };
const context: ProjectionContext = {
  patient: ola,
  patientId: 'ola',
  openAlerts: new Map(),
  openTasks: [],
  flags: [],
  owner: centre,
  monitored: true,
  redResponse: 900_000,
  now,
  ids,
};
const said = {
  t: now,
  received: now,
  evidence: ['Observation/1', 'spo2@2026-03-02T09:00'],
  words: 'spo2 89 %',
  plan: { id: 'plan', version: 2 },
};
const red: OpenOp = { op: 'open', rule: 'spo2-zone', colour: 'red', due: { label: 'ASAP/outside-hours' }, ...said };

function theStory(): Resource[] {
  const referred = resources(
    receiveReferral({
      referral: { resourceType: 'ServiceRequest', status: 'active', subject: ola },
      owner: centre,
      now,
      ids,
    }),
  );
  const decision = {
    referral: stored(referred[0]!),
    task: stored(referred[1]!),
    by: nurse,
    centre,
    note: 'Takk',
    now,
    ids,
  };
  const accepted = resources(acceptReferral(decision));
  const started = resources(
    startEpisode({
      episode: stored(one(accepted, 'EpisodeOfCare')),
      referralTask: stored(accepted[0]!),
      flags: [],
      now,
      ids,
    }),
  );
  const active = stored(started[0]!, 2);
  const kols = parseJson(readFileSync('profiles/plan-definitions/kols.json', 'utf8')) as Resource;
  const applied = applyPlanDefinition({
    templates: [kols],
    subject: ola,
    author: nurse,
    start: '2026-03-02',
    now,
    ids,
  });
  const draft = stored(resources([applied as Exclude<typeof applied, Error>])[0]!);
  const asked = resources(
    submitForApproval({ carePlan: draft, owner: centre, requester: nurse, note: 'Se på grensene', now, ids }),
  );
  const approver = { hpr: '999000102', organisation: '310000035', role: 'gp', name: 'Kari Testlege' } as const;
  const approved = resources(
    approve({
      carePlan: draft,
      task: stored(asked[0]!),
      approver,
      ifMatch: 1,
      patient,
      nextReview: '2026-09-01',
      now,
      ids,
    }),
  );
  const device = stored({ resourceType: 'Device', id: 'ox7', serialNumber: 'OX-7' });
  const out = resources(assignDevice({ device, patient: ola, by: nurse, now, ids }));
  const alerts = resources(
    project(
      [
        red,
        { op: 'conflict', measure: 'spo2', kept: '83 %', ...said },
        { op: 'unplanned', measure: 'x', ...said },
        { op: 'duplicate', measure: 'spo2', ...said },
      ],
      context,
    ),
  );
  const pair = {
    issue: stored(alerts.find((resource) => resource.resourceType === 'DetectedIssue')!),
    task: undefined,
  };
  const open = {
    ...context,
    openAlerts: new Map([
      [
        'spo2-zone',
        {
          ...pair,
          task: stored(alerts.find((resource) => resource.resourceType === 'Task' && resource.priority === 'stat')!),
        },
      ],
    ]),
  };
  const later: Op[] = [
    { op: 'update', rule: 'spo2-zone', colour: 'red', count: 2, ...said },
    { op: 'cleared', rule: 'spo2-zone', ...said },
    { op: 'cancel', rule: 'spo2-zone', reason: 'evidence-withdrawn', ended: true, ...said },
  ];
  const grey = resources(
    project([{ ...red, rule: 'grey', colour: 'grey', due: { label: '2026-03-16', at: now } }], context),
  );
  const greyOpen = { ...context, openAlerts: new Map([['grey', { issue: stored(grey[0]!), task: stored(grey[1]!) }]]) };
  const task = alerts.find((resource) => resource.resourceType === 'Task' && resource.priority === 'stat')!;
  return [
    ...referred,
    ...accepted,
    ...resources(rejectReferral({ ...decision, reason: 'Nei' })),
    ...started,
    draft,
    ...asked,
    ...approved,
    ...out,
    ...resources(project(later, open)),
    ...resources(
      project(
        [
          { op: 'overdue', ...said },
          { op: 'close-auto', ...said },
        ],
        greyOpen,
      ),
    ),
    ...grey,
    ...closings(pair.issue, open.openAlerts.get('spo2-zone')!.task!),
    ...resources(returnDevice({ device: out[0]!, running: out[1]!, note: 'Hel', now })),
    ...alerts,
    ...resources(redClockStep({ task: stored(task), policy: { response: hour, chain: [] }, now: now + hour, ids })),
    ...resources(
      pauseEpisode({
        episode: active,
        flags: [],
        pause: { mode: 'all', reason: 'holiday', text: 'Syden', plannedEnd: '2026-03-09' },
        now,
        ids,
      }),
    ),
    ...resources(
      admitPatient({
        encounter: {
          resourceType: 'Encounter',
          class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
        },
        patient: ola,
        episode: active,
        flags: [],
        now,
        ids,
      }),
    ),
    ...resources(
      project([engineDownOp({ from: now, to: now + hour, words: 'Sto stille' }, undefined)], {
        ...context,
        patient: {},
        monitored: false,
      }),
    ),
  ];
}

/** Closed and delegated by a person, by an organisation's client, and by one that is only a name. */
const closings = (issue: Resource, task: Resource): Resource[] =>
  [nurse, centre, { display: 'Responssenteret' }].flatMap((by) => [
    ...resources(closeAlert({ issue, task, note: 'Ringt', by, now })),
    ...resources(delegateTask({ task, owner: centre, note: 'Tar du denne?', by, now, ids })),
  ]);

describe('what the module writes is valid R4', () => {
  test('in the whole story from referral to alert', () => {
    const all = theStory();
    expect(new Set(all.map((resource) => resource.resourceType))).toEqual(
      new Set([
        'ServiceRequest',
        'Task',
        'EpisodeOfCare',
        'Flag',
        'CarePlan',
        'Provenance',
        'Device',
        'DeviceUseStatement',
        'DetectedIssue',
        'Communication',
        'Encounter',
      ]),
    );
    expect(all.flatMap(problems)).toEqual([]);
  });

  test('for plans over the complete grammar', () => {
    fc.assert(
      fc.property(anyRuleSet, (ruleSet) => expect(problems(carePlanFromRuleSet(ruleSet))).toEqual([])),
      { numRuns: 50 },
    );
  });

  test('in profiles/', () => {
    const folders = [
      'code-systems',
      'value-sets',
      'structure-definitions',
      'operations',
      'plan-definitions',
      'activity-definitions',
      'questionnaires',
    ];
    const files = folders.flatMap((folder) =>
      readdirSync(`profiles/${folder}`).map((file) => `profiles/${folder}/${file}`),
    );
    expect(
      files.flatMap((file) =>
        problems(parseJson(readFileSync(file, 'utf8')) as Resource).map((problem) => `${file} ${problem}`),
      ),
    ).toEqual([]);
  });
});
