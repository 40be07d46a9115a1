import fc from 'fast-check';
import { createLog } from '../../../src/observability/log.js';
import { redactIdentityNumbers } from '../../../src/observability/redact.js';

function logged(level: 'debug' | 'info' = 'debug') {
  const lines: string[] = [];
  return { lines, log: createLog(level, { write: (line) => void lines.push(line) }) };
}

describe('log', () => {
  test('a line is one JSON object with level, time and message', () => {
    const { lines, log } = logged();
    log.child({ request: 'r1' }).info({ url: 'http://localhost:8080/fhir' }, 'ready');
    expect(JSON.parse(lines[0]!)).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      request: 'r1',
      url: 'http://localhost:8080/fhir',
      msg: 'ready',
    });
  });

  test('what is less severe than the level is not written', () => {
    const { lines, log } = logged('info');
    log.debug({}, 'detail');
    expect(lines).toEqual([]);
  });

  test.each([
    ['in the message', {}, 'patient 12834812019 not found'],
    ['in a field', { subject: '12834812019' }, 'm'],
    ['deep in a field', { a: { b: ['urn:oid:2.16.578.1.12.4.1.4.1|12834812019'] } }, 'm'],
    ['in an error and its stack', { err: new Error('duplicate 12834812019') }, 'm'],
    ['as a number', { subject: 12834812019 }, 'm'],
    ['at the end of a sentence', {}, 'no patient 12834812019.'],
    ['written with a space', {}, 'patient 128348 12019'],
  ])('an identity number %s is hidden, and the line is still JSON', (_where, fields, message) => {
    const { lines, log } = logged();
    log.error(fields, message);
    expect(lines[0]).not.toMatch(/128348 ?12019/);
    expect(lines[0]).toContain('[redacted]');
    expect(() => JSON.parse(lines[0]!) as unknown).not.toThrow();
  });

  test('a bearer token is hidden', () => {
    const { lines, log } = logged();
    log.info({ headers: { authorization: 'Bearer abc' } }, 'm');
    expect(lines[0]).not.toContain('abc');
  });
});

describe('redactIdentityNumbers', () => {
  test('hides eleven digits wherever they stand among other text', () => {
    const digit = fc.constantFrom(...'0123456789');
    const identity = fc.string({ unit: digit, minLength: 11, maxLength: 11 });
    const text = fc.string({ unit: fc.constantFrom('a', ' ', '/', '|', '.', '"', 'å', '=') });
    fc.assert(
      fc.property(text, identity, text, (before, number, after) => {
        expect(redactIdentityNumbers(`${before}${number}${after}`)).not.toContain(number);
      }),
    );
  });

  test.each([
    '2026-11-22T00:45:22.557Z',
    '01987654-3210-7abc-8def-012345678901',
    '01987654-3210-7abc-8def-a12345678901',
    '1763772322557',
    '0.12345678901',
    'port 8080',
  ])('leaves %s as it is', (text) => {
    expect(redactIdentityNumbers(text)).toBe(text);
  });
});
