import { Failure } from '../kernel/failure.js';
import { depthLimit, JsonReader } from './json-reader.js';

export { cloneJson, Decimal, isNumber, literalOf, type Num, numberOf, numFrom, stringifyJson } from './json-number.js';

// Where a number can stand; times in strings (`09:00:00`) are told apart by what follows.
const numbers = /[:[,]\s*(-?\d[\d.eE+-]*)(?=\s*[,\]}])/g;
const names = /"\s*:/g;
// \b, \f and \u escapes below 20 (but tab and line breaks) or of surrogates: left to the strict reader.
const doubtfulEscape = /\\(?:[bf]|u(?:00[01]|d[89a-f]))/i;
const loneSurrogate = /\p{Surrogate}/u;

/**
 * JSON text → value, losing nothing: numbers whose literal would be lost become `Decimal`, duplicate names are refused.
 * JSON.parse does the work where it loses nothing; the strict reader does the rest.
 *
 * @throws Failure `invalid` with line and column: malformed, nested deeper than 100, a name twice in an object, the name
 *   `__proto__`, half a surrogate pair, or a control character other than tab and line breaks in a string.
 */
export function parseJson(text: string): unknown {
  const source = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  if (!doubtfulEscape.test(source) && !loneSurrogate.test(source) && numbersSurvive(source)) {
    const value = nativeParse(source);
    if (value !== undefined && countNames(value, 0) === occurrencesOfNames(source)) return value;
  }
  return new JsonReader(source).read();
}

/** As `parseJson`, for content that must be a JSON object. */
export function parseJsonObject(text: string): Record<string, unknown> {
  const value = parseJson(text);
  if (
    typeof value !== 'object' ||
    value === null ||
    Array.isArray(value) ||
    Object.getPrototypeOf(value) !== Object.prototype
  ) {
    throw new Failure('invalid', 'The content must be a JSON object.', { code: 'structure' });
  }
  return value as Record<string, unknown>;
}

function nativeParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // the strict reader says what is wrong, in the same words on every Node version
  }
}

function numbersSurvive(text: string): boolean {
  numbers.lastIndex = 0;
  for (let match = numbers.exec(text); match !== null; match = numbers.exec(text)) {
    if (String(Number(match[1])) !== match[1]) return false;
  }
  const first = text.charCodeAt(0);
  return first === 0x7b || first === 0x5b || !/^\s*[-\d]/.test(text);
}

/** Counts at least every name; some strings count too (`":"`), which only sends the text to the strict reader. */
function occurrencesOfNames(text: string): number {
  let count = 0;
  names.lastIndex = 0;
  while (names.test(text)) count += 1;
  return count;
}

/** Names in the parsed value: fewer than in the text where JSON.parse dropped a duplicate. NaN where it is too deep. */
function countNames(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth >= depthLimit) return Number.NaN;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') count += countNames(item, depth + 1);
    return count;
  }
  for (const name in value) {
    if (name === '__proto__') return Number.NaN;
    const item = (value as Record<string, unknown>)[name];
    count += 1;
    if (typeof item === 'object') count += countNames(item, depth + 1);
  }
  return count;
}
