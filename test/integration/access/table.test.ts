import {
  type ClientName,
  clients,
  type Door,
  doors,
  type Kind,
  kinds,
  lists,
  narrowed,
  type Relation,
  relations,
  type Sight,
  strangers,
  typeOf,
} from '../../cases/access-table.js';
import type { HereResponse } from '../../support/here.js';
import { type NotificationSink, openSink, until } from '../../support/notification-sink.js';
import { fnrSystem } from '../follow-up/stage.js';
import { callers, type Claims } from './callers.js';
import { openTableWorld, type TableWorld, type Target } from './table-world.js';

let world: TableWorld;
let sink: NotificationSink;
beforeAll(async () => {
  sink = await openSink();
  world = await openTableWorld(await callers());
}, 30_000);
afterAll(async () => {
  await world.stage.stop();
  await sink.close();
});

const names = Object.keys(clients) as ClientName[];
const sees = (sight: Sight | undefined, kind: Kind): boolean => sight === 'all' || sight?.includes(kind) === true;
const targetOf = ({ name }: Relation): Target => world.targets.find(({ relation }) => relation === name)!;

/** A door's words for one patient. */
function filled(text: string, target: Target): string {
  let result = text.replaceAll('{number}', encodeURIComponent(`${fnrSystem}|${target.fnr}`));
  for (const kind of kinds) {
    result = result
      .replaceAll(`{word ${kind}}`, target.word(kind))
      .replaceAll(`{${kind}}`, target.ids.get(kind) ?? 'none');
  }
  return result;
}

const through = (door: Door, client: ClientName | Claims, target: Target): Promise<HereResponse> =>
  world.ask(client, target, filled(door.place, target), {
    method: door.method ?? (door.form === undefined ? 'GET' : 'POST'),
    ...(door.form === undefined
      ? {}
      : { body: filled(door.form, target), headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
    ...(door.body === undefined ? {} : { body: filled(JSON.stringify(door.body), target) }),
  });

/** In the clear, or as the content of a Binary. */
const isWord = (text: string, target: Target, kind: Kind): boolean =>
  text.includes(target.word(kind)) ||
  (kind === 'Binary' && text.includes(Buffer.from(target.word(kind)).toString('base64').slice(0, -3)));

/** What an answer says beside repeating the question: without the links of a page. */
const said = ({ text, json }: HereResponse): string => {
  if (json?.resourceType !== 'Bundle') return text;
  return JSON.stringify({ ...json, link: undefined });
};

/** What could tell what is hidden from what is not there: everything but ids and times of the answer, and the question. */
const comparable = (answer: HereResponse, target: Target): unknown => {
  let text = answer.text;
  for (const kind of kinds) {
    text = text.replaceAll(target.word(kind), 'WORD');
    const id = target.ids.get(kind);
    if (id !== undefined) text = text.replaceAll(id, 'ID');
  }
  text = text.replaceAll(/"(?:id|lastUpdated|timestamp|url|fullUrl|lastModified)":"[^"]+"/g, '""');
  return { status: answer.status, text: text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME') };
};

const isFound = (door: Door, answer: HereResponse, target: Target): boolean => {
  if (answer.status >= 300) return false;
  if (door.counts === true) return answer.json.total === undefined || answer.json.total > 0;
  return door.shows.every((kind) => isWord(said(answer), target, kind) || answer.text.includes(target.ids.get(kind)!));
};

/** What is wrong in one cell, door by door. */
async function faults(client: ClientName, target: Target, sight: Sight | undefined): Promise<string[]> {
  const absent = { ...world.nobody, ids: withOwn(target) };
  const found = await Promise.all(
    doors.map(async (door): Promise<string[]> => {
      const needs = door.needs ?? door.shows;
      if ([...needs, ...door.shows].some((kind) => !target.ids.has(kind))) return [];
      if (door.changes === true && sight !== undefined) return [];
      const answer = await through(door, client, target);
      const wrong = kinds
        .filter((kind) => target.ids.has(kind) && !sees(sight, kind) && isWord(said(answer), target, kind))
        .map((kind) => `${door.name} shows ${kind}`);
      if (answer.status >= 500) wrong.push(`${door.name} answers ${answer.status}`);
      const open = needs.every((kind) => sees(sight, kind));
      if (open && door.changes !== true && door.optional !== true && !isFound(door, answer, target))
        wrong.push(`${door.name} does not show ${door.shows.join()}: ${answer.status}`);
      const partly = sight !== undefined && (needs.length === 0 || door.broad === true);
      if (partly || needs.some((kind) => sees(sight, kind))) return wrong;
      const other = await absentAnswer(door, client, absent);
      if (JSON.stringify(comparable(answer, target)) !== JSON.stringify(comparable(other, absent)))
        wrong.push(`${door.name} tells hidden (${answer.status}) from absent (${other.status})`);
      return wrong;
    }),
  );
  return found.flat();
}

const absentAnswers = new Map<string, Promise<HereResponse>>();
/** Asked once for each client and door: it says the same of every patient who is not there. */
function absentAnswer(door: Door, client: ClientName, absent: Target): Promise<HereResponse> {
  const self = client === 'the patient' ? absent.relation : '';
  const key = JSON.stringify([client, door.name, [...absent.ids.keys()], self]);
  const found = absentAnswers.get(key) ?? through(door, client, absent);
  absentAnswers.set(key, found);
  return found;
}

/** Nobody's ids, but only for the kinds that the patient has. */
const withOwn = (target: Target): Target['ids'] =>
  new Map([...world.nobody.ids].filter(([kind]) => target.ids.has(kind)));

const cells = (when: 'now' | 'later') =>
  relations.flatMap((relation) =>
    names
      .filter(
        (client) => when === 'now' || JSON.stringify(relation.later?.[client]) !== JSON.stringify(relation.now[client]),
      )
      .filter(() => when === 'now' || relation.later !== undefined)
      .map((client) => ({ client, relation, sight: (when === 'later' ? relation.later! : relation.now)[client] })),
  );

describe('every cell through every door', () => {
  test.each(relations)('$name', async (relation) => {
    const wrong: Record<string, string[]> = {};
    const few = relations.indexOf(relation) % 4 !== 0;
    for (const client of names.filter((name) => !few || !strangers.includes(name))) {
      const found = await faults(client, targetOf(relation), relation.now[client]);
      if (found.length > 0) wrong[client] = found;
    }
    expect(wrong).toEqual({});
  });
});

describe('every list shows what its reader may see, and nothing else', () => {
  test.each(names)('%s', async (client) => {
    const wrong: string[] = [];
    for (const list of lists) {
      for (const self of client === 'the patient' ? world.targets.slice(3, 4) : [world.targets[0]!]) {
        const answer = await world.ask(client, self, list.place);
        if (answer.status >= 500) wrong.push(`${list.place} answers ${answer.status}`);
        for (const relation of relations) {
          const target = targetOf(relation);
          const own = client !== 'the patient' || target === self;
          const sight = own ? relation.now[client] : undefined;
          for (const kind of kinds) {
            if (!sees(sight, kind) && isWord(said(answer), target, kind))
              wrong.push(`${list.place} shows ${kind} of «${relation.name}»`);
          }
          const open = (list.needs ?? list.shows).every((kind) => sees(sight, kind));
          for (const kind of open && answer.status < 300 ? list.shows : [])
            if (!isWord(said(answer), target, kind))
              wrong.push(`${list.place} does not show ${kind} of «${relation.name}»`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe.each(narrowed)('with a scope for $name', ({ scope, launched, first, others }) => {
  const claims = (): Claims => ({
    client_id: 'centre-people',
    scope,
    ...(launched && { patient: world.targets[0]!.ids.get('Patient') }),
  });
  const isSeen = (target: Target, kind: Kind): boolean =>
    (target === world.targets[0] ? first : others).includes(kind) &&
    sees(relations[world.targets.indexOf(target)]!.now.centre, kind);

  test('no door shows more, and those of what is seen show it', async () => {
    const wrong: string[] = [];
    for (const target of world.targets.slice(0, 2)) {
      for (const door of doors.filter(({ changes }) => changes !== true)) {
        const needs = [...(door.needs ?? door.shows), ...door.shows];
        if (needs.some((kind) => !target.ids.has(kind))) continue;
        const answer = await through(door, claims(), target);
        for (const kind of kinds)
          if (!isSeen(target, kind) && isWord(said(answer), target, kind)) wrong.push(`${door.name} shows ${kind}`);
        if (answer.status >= 500) wrong.push(`${door.name} answers ${answer.status}`);
        if (needs.every((kind) => isSeen(target, kind)) && door.optional !== true && !isFound(door, answer, target))
          wrong.push(`${door.name} does not show ${door.shows.join()}: ${answer.status}`);
      }
    }
    for (const { place } of lists) {
      const answer = await world.ask(claims(), world.targets[0]!, place);
      for (const target of world.targets)
        for (const kind of kinds)
          if (!isSeen(target, kind) && isWord(said(answer), target, kind))
            wrong.push(`${place} shows ${kind} of ${target.relation}`);
    }
    expect(wrong).toEqual([]);
  });

  test('an export holds what is seen, and nothing else', async () => {
    const text = await exported(claims(), world.targets[0]!);
    const wrong = world.targets.flatMap((target) =>
      kinds.filter((kind) => target.ids.has(kind) && isWord(text, target, kind) && !isSeen(target, kind)),
    );
    expect(wrong).toEqual([]);
    const seen = kinds.filter((kind) => isSeen(world.targets[0]!, kind) && kind !== 'Binary');
    expect(text === '' ? [] : seen.filter((kind) => !isWord(text, world.targets[0]!, kind))).toEqual([]);
  });
});

/** Everything that an export writes; nothing where the client may not have one. */
async function exported(client: ClientName | Claims, target: Target): Promise<string> {
  const below = (url: string): string => url.slice(url.indexOf('/fhir/') + 6);
  const asked = await world.ask(client, target, '$export', { headers: { prefer: 'respond-async' } });
  if (asked.status === 403) return '';
  expect([client, asked.status, asked.text]).toEqual([client, 202, '']);
  const place = below(asked.headers.get('content-location')!);
  let answer = await world.ask(client, target, place);
  for (; answer.status === 202; answer = await world.ask(client, target, place))
    await new Promise((resolve) => setTimeout(resolve, 20));
  expect(answer.status).toBe(200);
  const outputs = answer.json.output as { url: string }[];
  const files = await Promise.all(
    outputs.map(({ url }) => world.ask(client, target, below(url), { headers: { accept: 'application/fhir+ndjson' } })),
  );
  return files.map(({ text }) => text).join('\n');
}

const readers = ['centre', 'hospital', 'gp', 'another hospital', 'bydel', 'another municipality', 'gateway'] as const;

test.each([...readers, 'parent', 'neighbour'] as const)(
  '%s: an export holds what is seen, and nothing else',
  async (client) => {
    const text = await exported(client, world.targets[0]!);
    const wrong: string[] = [];
    for (const relation of relations) {
      const target = targetOf(relation);
      for (const kind of kinds) {
        const seen = sees(relation.now[client], kind);
        if (!seen && isWord(text, target, kind)) wrong.push(`shows ${kind} of «${relation.name}»`);
        if (seen && text !== '' && kind !== 'Binary' && target.ids.has(kind) && !text.includes(target.ids.get(kind)!))
          wrong.push(`does not show ${kind} of «${relation.name}»`);
      }
    }
    expect(wrong).toEqual([]);
  },
);

test('a subscription tells what its owner may see, and nothing else', async () => {
  const surveys: Claims = { client_id: 'centre-people', scope: narrowed[0]!.scope };
  const owners: readonly (readonly [string, ClientName | Claims, string])[] = [
    ...readers.filter((client) => client !== 'gateway').map((client) => [client, client, 'Condition'] as const),
    ['surveys alone', surveys, 'Observation'],
  ];
  const { pool } = world.stage.server.running.services;
  for (const [name, client, criteria] of owners) {
    const body = {
      resourceType: 'Subscription',
      status: 'requested',
      reason: 'test',
      criteria,
      channel: {
        type: 'rest-hook',
        endpoint: `${sink.url}/${encodeURIComponent(name)}`,
        payload: 'application/fhir+json',
      },
    };
    expect([name, (await world.ask(client, world.nobody, 'Subscription', { body })).status]).toEqual([name, 201]);
  }
  for (const target of world.targets) {
    for (const kind of ['Condition', 'Reading', 'Survey'] as const) {
      const place = `${typeOf(kind)}/${target.ids.get(kind)}`;
      const { json } = await world.ask('admin', target, place);
      const sent = { method: 'PUT', body: { ...json, language: 'nb' } };
      expect((await world.ask('admin', target, place, sent)).status).toBe(200);
    }
  }
  const unread = `select from change_log where (xid, seq) > (select xid::xid8, seq from log_position where reader = 'matcher')`;
  const untold = 'select from subscription_event where outcome is null';
  await until(async () => (await pool.query(`${unread} union all ${untold}`)).rowCount === 0, 'everything told');
  const wrong: string[] = [];
  for (const [name, client, criteria] of owners) {
    const text = sink.received
      .filter(({ path }) => path.startsWith(`/${encodeURIComponent(name)}/`))
      .map((one) => one.text)
      .join('\n');
    for (const relation of relations) {
      const reader = typeof client === 'string' ? client : 'centre';
      for (const kind of kinds) {
        const told = criteria === 'Condition' ? kind === 'Condition' : kind === 'Survey';
        const expected = told && sees(relation.now[reader], kind);
        if (isWord(text, targetOf(relation), kind) !== expected)
          wrong.push(`${name} is ${expected ? 'not ' : ''}told of ${kind} of «${relation.name}»`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test('a topic of one data controller is for its own callers', async () => {
  const r5 = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic.';
  const url = 'http://example.org/topic/own';
  const resource = { url: 'resource', valueUri: 'http://hl7.org/fhir/StructureDefinition/Condition' };
  const body = {
    resourceType: 'Basic',
    code: { coding: [{ system: 'http://hl7.org/fhir/fhir-types', code: 'SubscriptionTopic' }] },
    extension: [
      { url: `${r5}url`, valueUri: url },
      { url: `${r5}resourceTrigger`, extension: [resource] },
    ],
  };
  expect((await world.ask('centre', world.nobody, 'Basic', { body })).status).toBe(201);
  const subscription = {
    resourceType: 'Subscription',
    status: 'requested',
    reason: 'test',
    criteria: url,
    channel: {
      type: 'rest-hook',
      endpoint: `${sink.url}/topic`,
      payload: 'application/fhir+json',
      _payload: {
        extension: [
          {
            url: 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content',
            valueCode: 'id-only',
          },
        ],
      },
    },
  };
  const asked = async (client: ClientName): Promise<number> =>
    (await world.ask(client, world.nobody, 'Subscription', { body: subscription })).status;
  expect([await asked('hospital'), await asked('another municipality')]).toEqual([201, 422]);
  expect((await world.ask('another municipality', world.nobody, 'metadata')).text).not.toContain(url);
});

test('when the relations have ended, and their days have passed, nobody sees what they saw', async () => {
  world.stage.clock.advance(91 * 86_400_000);
  const wrong: Record<string, string[]> = {};
  for (const { client, relation, sight } of cells('later')) {
    const found = await faults(client, targetOf(relation), sight);
    if (found.length > 0) wrong[`${client}: ${relation.name}`] = found;
  }
  expect(wrong).toEqual({});
});
