// Protected elements (see managed.test.ts) by the ways that change a resource without sending it whole, or without its id.
import { bundle, managedResources } from './managed-resources.js';
import { type Fhir, stageFor } from './stage.js';

const stage = stageFor('2026-03-02T07:00:00Z');
let stored: Map<string, Fhir>;
beforeAll(async () => {
  ({ stored } = await managedResources(stage));
});

const json = { 'content-type': 'application/json-patch+json' };
const binary = (operations: object): object => ({
  resourceType: 'Binary',
  contentType: 'application/json-patch+json',
  data: Buffer.from(JSON.stringify(operations)).toString('base64'),
});

const changes: readonly [string, string, unknown, RegExp][] = [
  ['CarePlan', 'status', 'revoked', /\$approve/],
  ['CarePlan', 'title', 'En annen', /\$apply/],
  ['DetectedIssue', 'status', 'final', /\$close/],
  ['Task', 'status', 'completed', /\$close/],
  ['EpisodeOfCare', 'status', 'finished', /\$end/],
];

describe.each(['municipality', 'admin'] as const)('by the %s client', (client) => {
  test.each(changes)('%s.%s is not changed to %j by a patch or by criteria', async (type, element, value, named) => {
    const { id } = stored.get(type);
    const before = (await stage.as('municipality', `${type}/${id}`)).text;
    const operations = [{ op: 'add', path: `/${element}`, value }];
    const resource = { ...JSON.parse(before), [element]: value };
    const ways: readonly [string, object][] = [
      [`${type}/${id}`, { method: 'PATCH', body: operations, headers: json }],
      [`${type}?_id=${id}`, { method: 'PATCH', body: operations, headers: json }],
      [`${type}?_id=${id}`, { method: 'PUT', body: resource }],
      [
        '',
        {
          body: bundle('transaction', {
            resource: binary(operations),
            request: { method: 'PATCH', url: `${type}/${id}` },
          }),
        },
      ],
      ['', { body: bundle('transaction', { resource, request: { method: 'PUT', url: `${type}?_id=${id}` } }) }],
    ];
    for (const [place, init] of ways) {
      const answer = await stage.as(client, place, { method: 'POST', ...init });
      expect({ place, init, status: answer.status, text: answer.text }).toMatchObject({
        status: 422,
        text: expect.stringMatching(named),
      });
    }
    const batch = await stage.as(client, '', {
      method: 'POST',
      body: bundle('batch', { resource: binary(operations), request: { method: 'PATCH', url: `${type}/${id}` } }),
    });
    expect(batch.json.entry[0].response.status).toMatch(/^422/);
    expect((await stage.as('municipality', `${type}/${id}`)).text).toBe(before);
  });

  test.each(['CarePlan', 'DetectedIssue', 'Task', 'EpisodeOfCare'])('%s is not deleted by criteria', async (type) => {
    const { id } = stored.get(type);
    const place = `${type}?_id=${id}`;
    const answers = [
      await stage.as(client, place, { method: 'DELETE' }),
      await stage.as(client, '', {
        method: 'POST',
        body: bundle('transaction', { request: { method: 'DELETE', url: place } }),
      }),
    ];
    for (const answer of answers)
      expect([answer.status, answer.text]).toEqual([422, expect.stringMatching(/follow-up module/)]);
    expect((await stage.as('municipality', `${type}/${id}`)).status).toBe(200);
  });
});

test('a note is patched onto a Task, and a tag onto an alert', async () => {
  const task = `Task/${stored.get('Task').id}`;
  const noted = await stage.as('municipality', task, {
    method: 'PATCH',
    body: [{ op: 'add', path: '/note', value: [{ text: 'Ringer nå' }] }],
    headers: json,
  });
  expect([noted.status, noted.json.note]).toEqual([200, [{ text: 'Ringer nå' }]]);
  const meta = { resourceType: 'Parameters', parameter: [{ name: 'meta', valueMeta: { tag: [{ code: 'seen' }] } }] };
  const tagged = await stage.as('municipality', `DetectedIssue/${stored.get('DetectedIssue').id}/$meta-add`, {
    method: 'POST',
    body: meta,
  });
  expect(tagged.status).toBe(200);
});
