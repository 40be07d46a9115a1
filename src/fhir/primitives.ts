import { isCalendarDate } from './dates.js';
import { Decimal, isNumber, literalOf, numberOf } from './json.js';

/**
 * What is wrong with a value as this primitive type, as a sentence that says what to do; undefined where nothing is.
 * https://hl7.org/fhir/R4/datatypes.html#primitive
 */
export type PrimitiveCheck = (value: unknown) => string | undefined;

/** Longest string in characters (the specification says 1 MB). */
const longestString = 1_048_576;
/** Longest decimal literal. Longer ones are no measurement, and costly to calculate with. */
const longestDecimal = 64;

const nonBlank = /\S/;
const identifier = /^[A-Za-z0-9\-.]{1,64}$/;
const code = /^[^\s]+(?:\s[^\s]+)*$/;
const blankInUri = /\s/;
const uuid = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const oid = /^urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+$/;
/** Of a uri: published profiles hold some with leading zeros (`urn:oid:2.16.578.1.12.4.1.1.0000`). */
const oidInUri = /^urn:oid:[0-2](?:\.[0-9]+)+$/;
const base64Characters = /^[0-9a-zA-Z+/\s]*={0,2}\s*$/;
const offset = '(?:Z|[+-](?:(?:0\\d|1[0-3]):[0-5]\\d|14:00))';
const clock = '(?:[01]\\d|2[0-3]):[0-5]\\d:(?:[0-5]\\d|60)(?:\\.\\d+)?';
const date = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/;
const dateTime = new RegExp(`^(\\d{4})(?:-(\\d\\d)(?:-(\\d\\d)(?:T${clock}${offset})?)?)?$`);
const instant = new RegExp(`^(\\d{4})-(\\d\\d)-(\\d\\d)T${clock}${offset}$`);
const time = new RegExp(`^${clock}$`);

const text =
  (problem: (value: string) => string | undefined): PrimitiveCheck =>
  (value) => {
    if (typeof value !== 'string') return 'This must be a JSON string.';
    return value === '' ? 'A value may not be empty; leave the element out instead.' : problem(value);
  };

const matching = (pattern: RegExp, advice: string): PrimitiveCheck =>
  text((value) => (pattern.test(value) ? undefined : advice));

const uri = text((value) => {
  if (blankInUri.test(value)) return 'A URI may not contain spaces.';
  if (value.startsWith('urn:uuid:') && !uuid.test(value.toLowerCase()))
    return 'This URI begins with urn:uuid: but no UUID follows.';
  if (value.startsWith('urn:oid:') && !oidInUri.test(value)) return 'This URI begins with urn:oid: but no OID follows.';
  return undefined;
});

const string = text((value) => (value.length > longestString ? 'This text is longer than 1 MB.' : undefined));

const calendar = (pattern: RegExp, advice: string): PrimitiveCheck =>
  text((value) => {
    const match = pattern.exec(value);
    if (match === null) return advice;
    const [year, month, day] = [Number(match[1]), Number(match[2] ?? 1), Number(match[3] ?? 1)];
    return isCalendarDate(year, month, day) ? undefined : 'This day does not exist in the calendar.';
  });

const wholeNumber =
  (least: number, advice: string): PrimitiveCheck =>
  (value) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= 2_147_483_647)
      return undefined;
    return advice;
  };

/** Exponents beyond this are refused: nothing measured is that large or small, and arithmetic on them is lost or costly. */
const decimal: PrimitiveCheck = (value) => {
  if (!isNumber(value)) return 'This must be a JSON number, without quotes.';
  if (value instanceof Decimal && value.literal.length > longestDecimal)
    return `This number has more than ${longestDecimal} characters.`;
  if (!Number.isFinite(numberOf(value))) return 'This number is too large.';
  const exponent = /[eE]([+-]?\d+)$/.exec(literalOf(value));
  return exponent !== null && Math.abs(Number(exponent[1])) > 300
    ? 'The exponent of this number is beyond ±300.'
    : undefined;
};

const base64 = text((value) => {
  if (!base64Characters.test(value)) return 'This is not base64: it has characters outside A–Z a–z 0–9 + / =.';
  let length = value.length;
  if (blankInUri.test(value)) length = value.replace(/\s+/g, '').length;
  return length > 0 && length % 4 === 0 ? undefined : 'This is not base64: its length must be a multiple of four.';
});

const checks: Readonly<Record<string, PrimitiveCheck>> = {
  base64Binary: base64,
  boolean: (value) => (typeof value === 'boolean' ? undefined : 'This must be true or false, without quotes.'),
  canonical: uri,
  code: matching(code, 'A code may not begin or end with a space, or hold two in a row.'),
  date: calendar(date, 'This is not a date; write it as 2026, 2026-03 or 2026-03-01.'),
  dateTime: calendar(
    dateTime,
    'This is not a date with time; write it as 2026-03-01T12:00:00+01:00, or 2026, 2026-03 or 2026-03-01. A time needs seconds and an offset.',
  ),
  decimal,
  id: matching(identifier, 'An id has 1 to 64 letters, digits, hyphens and points.'),
  instant: calendar(instant, 'This is not an instant; write it as 2026-03-01T12:00:00.000+01:00.'),
  integer: wholeNumber(-2_147_483_648, 'This must be a whole number of at most 31 bits, without quotes.'),
  markdown: string,
  oid: matching(oid, 'An OID is written as urn:oid:1.2.3.'),
  positiveInt: wholeNumber(1, 'This must be a whole number of at least 1, without quotes.'),
  string,
  time: matching(time, 'This is not a time of day; write it as 12:00:00.'),
  unsignedInt: wholeNumber(0, 'This must be a whole number of at least 0, without quotes.'),
  uri,
  url: uri,
  uuid: matching(uuid, 'A UUID is written as urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0, in lower case.'),
  xhtml: text((value) => (nonBlank.test(value) ? undefined : 'The narrative may not be empty.')),
};

/** The check of a primitive type; undefined for a name that is none. */
export const primitiveCheck = (type: string): PrimitiveCheck | undefined =>
  Object.hasOwn(checks, type) ? checks[type] : undefined;
