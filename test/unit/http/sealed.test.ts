import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { createSealer, open, ownSecret, seal, sealingKey } from '../../../src/http/sealed.js';
import { Failure } from '../../../src/kernel/index.js';

const key = sealingKey('a secret that is long enough to be one');
const query = {
  type: 'Observation',
  query: 'patient.identifier=urn:oid:2.16.578.1.12.4.1.4.1|12834812019',
  after: [1, 'x'],
};

test('what is sealed is opened again', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      expect(JSON.stringify(open(seal(value, key, 'page'), key, 'page'))).toBe(text);
    }),
  );
});

test('a sealed text fits a URL, shows nothing and is never the same twice', () => {
  const token = seal(query, key, 'page');
  expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
  expect(Buffer.from(token, 'base64url').toString('latin1')).not.toContain('12834812019');
  expect(seal(query, key, 'page')).not.toBe(token);
});

describe('refused as not ours', () => {
  const refusal = (token: string, withKey = key, purpose = 'page'): void => {
    expect(() => open(token, withKey, purpose)).toThrow(
      expect.objectContaining({ name: 'Failure', category: 'invalid' }) as Failure,
    );
  };

  test('a text with any bit changed', () => {
    const bytes = Buffer.from(seal(query, key, 'page'), 'base64url');
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1 << (at % 8);
      refusal(changed.toString('base64url'));
    }
  });

  test('a text cut short or made longer', () => {
    const token = seal(query, key, 'page');
    for (const wrong of [
      '',
      'A',
      token.slice(0, -1),
      token.slice(0, 20),
      `${token}A`,
      `${token}=`,
      `${token} `,
      `${token}${token}`,
    ])
      refusal(wrong);
  });

  test('a text for another purpose or with another key', () => {
    const token = seal(query, key, 'page');
    refusal(token, key, 'other');
    refusal(token, sealingKey('another secret that is long enough to be one'));
  });

  test('anything else', () => {
    fc.assert(fc.property(fc.string(), (text) => refusal(text)));
    refusal('A'.repeat(100_000));
  });
});

test('a secret that is too short is refused', () => {
  expect(() => sealingKey('short')).toThrow(Failure);
});

test('the secret of a data folder stays the same', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'secret-'));
  const secret = await ownSecret(folder);
  expect(await ownSecret(folder)).toBe(secret);
  const sealer = createSealer(sealingKey(secret), 'page');
  expect(sealer.open(sealer.seal(query))).toEqual(query);
  await rm(folder, { recursive: true });
});

test('after a rotation, what the former key sealed is opened and nothing new is sealed with it', () => {
  const [former, now] = [sealingKey('f'.repeat(32)), sealingKey('n'.repeat(32))];
  const old = createSealer(former, 'page').seal('kept');
  const rotated = createSealer(now, 'page', [former]);
  expect(rotated.open(old)).toBe('kept');
  expect(rotated.open(rotated.seal('new'))).toBe('new');
  expect(() => createSealer(former, 'page').open(rotated.seal('new'))).toThrow(Failure);
  expect(() => createSealer(now, 'page').open(old)).toThrow(Failure);
});
