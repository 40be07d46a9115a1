import { managedResources } from './managed-resources.js';
import { type Fhir, type Followed, stageFor } from './stage.js';

const stage = stageFor('2026-03-02T07:00:00Z');
let person: Followed;
let stored: Map<string, Fhir>;
beforeAll(async () => {
  ({ person, stored } = await managedResources(stage));
});

const text = (name: string, valueString: unknown) => ({ name, valueString });
/** Nothing that a client sends is a fault of the server. */
test.each([
  ['DetectedIssue/:alert/$close', [text('note', 5)]],
  ['DetectedIssue/:alert/$close', [text('note', 'bell \u0007')]],
  ['DetectedIssue/:alert/$close', [text('note', 'a'), text('note', 'b')]],
  ['DetectedIssue/:alert/$close', [{ name: 'note', valueQuantity: { value: 1 } }]],
  ['DetectedIssue/:alert/$close?note=%07', []],
  ['DetectedIssue/:alert/$close', 'none'],
  ['DetectedIssue/:alert/$close', [{ valueString: 'x' }]],
  ['Task/:task/$delegate', [{ name: 'owner', valueReference: { reference: 5 } }]],
  ['Task/:task/$delegate', [{ name: 'owner', valueReference: { identifier: 'x' } }]],
  ['Task/:task/$delegate', [{ name: 'owner', valueReference: {} }]],
  ['EpisodeOfCare/:episode/$pause', [text('mode', 'all'), text('reason', 'toString')]],
  ['EpisodeOfCare/:episode/$pause', [text('mode', 'all'), text('reason', 'other'), text('plannedEnd', '2030-02-31')]],
  [
    'EpisodeOfCare/:episode/$pause',
    [text('mode', 'all'), text('reason', 'other'), text('plannedEnd', '2030-02-01T10:00')],
  ],
  ['EpisodeOfCare/:episode/$start', [text('phase', 'later')]],
  ['EpisodeOfCare/:episode/$end', [text('reason', ' ')]],
  ['PlanDefinition/kols/$apply', [text('subject', 'Patient/nobody')]],
  [
    'PlanDefinition/kols/$apply',
    [{ name: 'subject', valueReference: { reference: ':patient' } }, text('start', '2026-99-99')],
  ],
  [
    'PlanDefinition/kols/$apply',
    [{ name: 'subject', valueReference: { reference: ':patient' } }, text('variant', 'nothing')],
  ],
  [
    'PlanDefinition/kols/$apply',
    [
      { name: 'subject', valueReference: { reference: ':patient' } },
      { name: 'practitioner', valueReference: { reference: 'not a reference' } },
    ],
  ],
  ['CarePlan/:plan/$submit-for-approval', [text('owner', 'x')]],
  ['Device/$assign', [text('serialNumber', '\u0000'), { name: 'patient', valueReference: { reference: ':patient' } }]],
  ['Device/$return', [text('serialNumber', 'a,b|c$d\\')]],
  ['ServiceRequest/nothing/$accept', []],
  ['Patient/$dho-status', [{ name: 'identifier', valueIdentifier: { system: 5, value: 'x' } }, text('reason', 'x')]],
  [
    'Patient/$dho-status',
    [{ name: 'identifier', valueIdentifier: { system: 'urn:x', value: '\u0000' } }, text('reason', 'x')],
  ],
] as const)('%s with %j is refused, not a fault', async (place, parameters) => {
  const filled = (value: string): string =>
    value
      .replace(':alert', stored.get('DetectedIssue').id)
      .replace(':task', stored.get('Task').id)
      .replace(':episode', person.episode)
      .replace(':plan', person.plan)
      .replace(':patient', person.reference);
  const body = filled(
    JSON.stringify({ resourceType: 'Parameters', ...(parameters.length === 0 ? {} : { parameter: parameters }) }),
  );
  const answer = await stage.as('municipality', filled(place), { method: 'POST', body });
  expect({ status: answer.status, is: answer.json?.resourceType, text: answer.text }).toMatchObject({
    is: 'OperationOutcome',
  });
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
});
