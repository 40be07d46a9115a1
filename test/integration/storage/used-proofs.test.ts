import { randomBytes } from 'node:crypto';
import { issuerRecords } from '../../../src/storage/issuer-records.js';
import { usedProofs } from '../../../src/storage/used-proofs.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('a proof is used once, whichever instance sees it first', async () => {
  const instances = [usedProofs(database.pool), usedProofs(database.pool)];
  const print = randomBytes(32);
  const until = Date.now() + 30_000;
  const answers = await Promise.all(Array.from({ length: 10 }, (_none, at) => instances[at % 2]!(print, until)));
  expect(answers.filter(Boolean)).toHaveLength(1);
  expect(await instances[0]!(randomBytes(32), until)).toBe(true);
});

test('a record of the issuer is found until it ends, and all of a grant go at once', async () => {
  const codes = issuerRecords(database.pool, 'AuthorizationCode');
  await codes.upsert('a', { grantId: 'g', x: 1 }, 60);
  await codes.upsert('b', { grantId: 'g' }, -1);
  await codes.consume('a');
  expect(await codes.find('a')).toMatchObject({ x: 1, consumed: expect.any(Number) as unknown });
  expect(await codes.find('b')).toBeUndefined();
  expect(await issuerRecords(database.pool, 'RefreshToken').find('a')).toBeUndefined();
  await codes.revokeByGrantId('g');
  expect(await codes.find('a')).toBeUndefined();
  const sessions = issuerRecords(database.pool, 'Session');
  await sessions.upsert('s', { uid: 'u' }, 60);
  expect(await sessions.findByUid('u')).toEqual({ uid: 'u' });
  await sessions.destroy('s');
  expect(await sessions.findByUid('u')).toBeUndefined();
});
