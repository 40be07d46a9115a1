// https://www.rfc-editor.org/rfc/rfc9110#name-accept-encoding
import { contentCoding } from '../../../src/http/content-coding.js';

test.each([
  [undefined, undefined],
  ['', undefined],
  ['gzip', 'gzip'],
  ['br', 'br'],
  ['gzip, deflate, br', 'br'],
  ['GZIP', 'gzip'],
  ['deflate', undefined],
  ['br;q=0.5, gzip', 'gzip'],
  ['br;q=0, gzip;q=0.1', 'gzip'],
  ['br;q=0, gzip;q=0', undefined],
  ['*', 'br'],
  ['*;q=0', undefined],
  ['br;q=0, *', 'gzip'],
  ['identity, gzip;q=0.5', undefined],
  ['identity;q=0.5, gzip', 'gzip'],
  ['gzip;q=much', undefined],
  [';;,,q=1', undefined],
])('of "%s" the server takes %s', (accepted, coding) => {
  expect(contentCoding(accepted)).toBe(coding);
});
