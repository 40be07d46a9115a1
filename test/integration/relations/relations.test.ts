import type { RelationChange } from '../../../src/access/relations.js';
import type { RowScope, Visibility } from '../../../src/access/row-scope.js';
import { Dictionary } from '../../../src/storage/dictionary.js';
import { applyRelations, grantRow, moveRelations, patientFacts, related } from '../../../src/storage/relations.js';
import { scopeCondition } from '../../../src/storage/scope-condition.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

const municipality = 'org:310000019';
const hospital = 'org:310000027';
const device = 'client:device';
const start = Date.UTC(2026, 2, 2);
const day = 86_400_000;

let db: TestDatabase;
let dictionary: Dictionary;

/** rid → [type, patients, controller]; Patients are 1 and 2. */
const rows: Readonly<Record<number, readonly [string, readonly number[], string]>> = {
  1: ['Patient', [1], '310000019'],
  2: ['Patient', [2], '310000019'],
  3: ['EpisodeOfCare', [1], '310000019'],
  4: ['ServiceRequest', [2], '310000019'],
  11: ['Observation', [1], '310000019'],
  12: ['Observation', [2], '310000019'],
  13: ['Observation', [1, 2], '310000019'],
  14: ['Observation', [], '310000019'],
  15: ['Observation', [1], '310000051'],
  16: ['Observation', [], ''],
};

beforeEach(async () => {
  db = await createTestDatabase();
  dictionary = await Dictionary.load(db.pool, {
    types: new Set(Object.values(rows).map(([type]) => type)),
    controllers: ['310000019', '310000051'],
  });
  for (const [rid, [type, patients, controller]] of Object.entries(rows)) {
    await db.pool.query(
      `insert into resource (rid, type, id, version, updated, controller, patients, content)
       values ($1, $2, $3, 1, now(), $4, $5, '{}')`,
      [rid, dictionary.typeId(type), `r${rid}`, dictionary.controllerId(controller), patients],
    );
  }
});
afterEach(() => db.drop());

const episode = { type: 'EpisodeOfCare', id: 'r3' };
const referral = { type: 'ServiceRequest', id: 'r4' };
const begin = (party: string, source = episode): RelationChange => ({ op: 'start', kind: 'episode', party, source });
const finish = (at: number, source = episode): RelationChange => ({ op: 'end', source, at });

const apply = (changes: readonly RelationChange[], now = start): Promise<void> =>
  applyRelations(db.pool, changes, dictionary, now);

function scope(parties: readonly string[], change: Partial<RowScope> & { visible?: Visibility } = {}): RowScope {
  return {
    parties,
    controllers: ['310000019'],
    at: start + 1,
    visibility: () => change.visible ?? 'related',
    ...change,
  };
}

async function seen(by: RowScope, type = 'Observation', known = dictionary): Promise<readonly number[]> {
  const params: unknown[] = [known.typeId(type)];
  const condition = scopeCondition('r', type, by, params, known);
  const { rows: found } = await db.pool.query<{ rid: number }>(
    `select rid from resource r where type = $1 and ${condition} order by rid`,
    params,
  );
  return found.map(({ rid }) => rid);
}

describe('care relations', () => {
  test('run from their start until their end', async () => {
    expect(await related(db.pool, 1, [municipality], start)).toBe(false);
    await apply([begin(municipality)]);
    expect(await related(db.pool, 1, [municipality], start)).toBe(true);
    expect(await related(db.pool, 1, [municipality], start - 1)).toBe(false);
    expect(await related(db.pool, 1, [hospital], start)).toBe(false);
    expect(await related(db.pool, 2, [municipality], start)).toBe(false);
    await apply([finish(start + 90 * day)]);
    expect(await related(db.pool, 1, [hospital, municipality], start + 90 * day - 1)).toBe(true);
    expect(await related(db.pool, 1, [hospital, municipality], start + 90 * day)).toBe(false);
  });

  test('that run already are not started again, and an ended one runs again', async () => {
    await apply([begin(municipality)]);
    await apply([begin(municipality)], start + day);
    await apply([finish(start + 2 * day)]);
    await apply([begin(municipality)], start + 3 * day);
    const { rows: found } = await db.pool.query('select starts, ends from relation');
    expect(found).toEqual([{ starts: new Date(start), ends: null }]);
  });

  test('that end keep the earlier of two ends', async () => {
    await apply([begin(municipality)]);
    await apply([finish(start + day)]);
    await apply([finish(start + 90 * day)]);
    expect(await related(db.pool, 1, [municipality], start + 2 * day)).toBe(false);
  });

  test('end by kind and party alone where those are named', async () => {
    await apply([
      begin(municipality),
      begin(hospital),
      { op: 'start', kind: 'referral', party: hospital, source: referral },
    ]);
    await apply([{ op: 'end', kind: 'episode', party: hospital, source: episode, at: start }]);
    expect(await related(db.pool, 1, [hospital], start + 1)).toBe(false);
    expect(await related(db.pool, 1, [municipality], start + 1)).toBe(true);
    await apply([{ op: 'end', kind: 'plan', source: referral, at: start }]);
    expect(await related(db.pool, 2, [hospital], start + 1)).toBe(true);
  });

  test('that one change ends and starts go on', async () => {
    await apply([begin(municipality)]);
    await apply([begin(municipality), finish(start)]);
    expect(await related(db.pool, 1, [municipality], start + 1)).toBe(true);
  });

  test('follow the patient through a merge', async () => {
    await apply([begin(municipality), { op: 'start', kind: 'referral', party: hospital, source: referral }]);
    await moveRelations(db.pool, 1, 2);
    expect(await related(db.pool, 1, [municipality], start)).toBe(false);
    expect(await related(db.pool, 2, [municipality], start)).toBe(true);
    expect(await related(db.pool, 2, [hospital], start)).toBe(true);
  });

  test('tell of each patient whether a write may concern it', async () => {
    await apply([begin(municipality)]);
    await dictionary.ensure({ parties: [hospital] });
    await grantRow(db.pool, 2, [dictionary.partyId(hospital)!]);
    expect(await patientFacts(db.pool, [2, 1], [municipality], start)).toEqual([
      { related: false, visible: false },
      { related: true, visible: true },
    ]);
    expect(await patientFacts(db.pool, [1, 2], [hospital], start)).toEqual([
      { related: false, visible: false },
      { related: false, visible: true },
    ]);
    expect(await patientFacts(db.pool, [], [hospital], start)).toEqual([]);
  });
});

describe('what a caller sees', () => {
  test('of related patients: rows all of whose patients are, within the controllers, and what belongs to nobody', async () => {
    await apply([begin(municipality)]);
    expect(await seen(scope([municipality]))).toEqual([11, 16]);
    await apply([{ op: 'start', kind: 'referral', party: municipality, source: referral }]);
    expect(await seen(scope([municipality]))).toEqual([11, 12, 13, 16]);
    expect(await seen(scope([municipality], { controllers: ['310000019', '310000051'] }))).toEqual([
      11, 12, 13, 15, 16,
    ]);
    expect(await seen(scope([municipality], { controllers: '*' }))).toEqual([11, 12, 13, 15, 16]);
  });

  test('by any of its parties, and nothing by a relation of others', async () => {
    await apply([begin('hpr:999000102')]);
    expect(await seen(scope(['org:310000035', 'hpr:999000102']))).toEqual([11, 16]);
    expect(await seen(scope(['org:310000035']))).toEqual([16]);
    expect(await seen(scope([]))).toEqual([16]);
  });

  test('one by one', async () => {
    await dictionary.ensure({ parties: [device] });
    await grantRow(db.pool, 12, [dictionary.partyId(device)!]);
    await grantRow(db.pool, 15, [dictionary.partyId(device)!]);
    expect(await seen(scope([device], { visible: 'granted' }))).toEqual([12]);
    expect(await seen(scope([device]))).toEqual([12, 16]);
  });

  test('everything, or nothing', async () => {
    expect(await seen(scope([], { visible: 'all', controllers: '*' }))).toEqual([11, 12, 13, 14, 15, 16]);
    expect(await seen(scope([], { visible: 'all' }))).toEqual([11, 12, 13, 14, 16]);
    expect(await seen(scope([], { visible: 'none' }))).toEqual([]);
  });

  test('no longer when the relation has ended', async () => {
    await apply([begin(municipality)]);
    await apply([finish(start + day)]);
    expect(await seen(scope([municipality], { at: start + day - 1 }))).toEqual([11, 16]);
    expect(await seen(scope([municipality], { at: start + day }))).toEqual([16]);
    expect(await seen({ ...scope([municipality]), at: undefined } as unknown as RowScope)).toEqual([16]);
  });

  test('also by a party that this process has not met yet', async () => {
    const early = await Dictionary.load(db.pool);
    await apply([begin(municipality)]);
    expect(early.partyId(municipality)).toBeUndefined();
    expect(await seen(scope([municipality]), 'Observation', early)).toEqual([11, 16]);
    expect(await seen(scope([municipality], { controllers: ['310000099'] }), 'Observation', early)).toEqual([16]);
  });

  test('with each value in the statement once', () => {
    const params: unknown[] = [];
    const by = scope([municipality]);
    const first = scopeCondition('r', 'Observation', by, params, dictionary);
    const count = params.length;
    expect(scopeCondition('r', 'Observation', by, params, dictionary)).toBe(first);
    expect(params.length).toBe(count);
  });
});
