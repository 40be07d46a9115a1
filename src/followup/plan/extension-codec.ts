/**
 * Typed complex extensions ↔ values, both ways without loss. A codec writes a value as extensions of one url and reads it
 * back; a group is a complex extension of named members. https://hl7.org/fhir/R4/extensibility.html
 *
 * FHIR cannot say «an empty list» or «null», which the grammar can: a group says it with members `empty` and `none`, whose
 * valueCode is the name of the member that is so.
 */
import { isNumber, literalOf, type Num, numberOf, numFrom } from '../../fhir/json.js';
import { Failure } from '../../kernel/failure.js';
import { type Extension, extensionsOf } from '../vocabulary/element.js';
import { system } from '../vocabulary/systems.js';
import { durationsOf, durationText, type FhirDuration } from './duration-value.js';

export interface Codec<T> {
  write(value: T, url: string): Extension[];
  /** `found` are the extensions of that url, at least one. Throws `unprocessable` where the type is not the one written. */
  read(found: readonly Extension[]): T;
}

const wrong = (found: Extension, what: string): Failure =>
  new Failure('unprocessable', `The extension ${found.url} must hold ${what}.`, {
    expression: `Extension('${found.url}').value`,
    code: 'value',
  });

function primitive<T>(element: string, is: (value: unknown) => value is T, what: string): Codec<T> {
  return {
    write: (value, url) => [{ url, [element]: value }],
    read([first]) {
      const value = first![element];
      if (!is(value)) throw wrong(first!, what);
      return value;
    },
  };
}

const isText = (value: unknown): value is string => typeof value === 'string';
export const code = <T extends string>(): Codec<T> =>
  primitive('valueCode', isText as (v: unknown) => v is T, 'a valueCode');
export const text = primitive('valueString', isText, 'a valueString');
export const boolean = primitive('valueBoolean', (v): v is boolean => typeof v === 'boolean', 'a valueBoolean');

export const integer: Codec<number> = {
  write: (value, url) => [{ url, valueInteger: value }],
  read([first]) {
    const value = first!.valueInteger;
    if (!isNumber(value) || !Number.isSafeInteger(numberOf(value))) throw wrong(first!, 'a valueInteger');
    return numberOf(value);
  },
};

/** `007.50` → `7.50`: the precision is kept, zeros in front are not a JSON number. */
export const toNum = (literal: string): Num => numFrom(literal.replace(/^(-?)0+(?=\d)/, '$1'));

/** A plain literal without exponent, as the grammar writes decimals. */
function plain(value: Num, found: Extension): string {
  const literal = literalOf(value);
  if (!/^-?\d+(\.\d+)?$/.test(literal)) throw wrong(found, 'a decimal without exponent');
  return literal;
}

export const decimal: Codec<string> = {
  write: (value, url) => [{ url, valueDecimal: toNum(value) }],
  read([first]) {
    const value = first!.valueDecimal;
    if (!isNumber(value)) throw wrong(first!, 'a valueDecimal');
    return plain(value, first!);
  },
};

/** A Quantity of the given UCUM unit; another unit is refused, for a limit must never be read in the wrong unit. */
export const quantity = (unit: string): Codec<string> => ({
  write: (value, url) => [{ url, valueQuantity: { value: toNum(value), unit, system: system.ucum, code: unit } }],
  read([first]) {
    const value = first!.valueQuantity as { value?: unknown; system?: string; code?: string } | undefined;
    if (value === undefined || !isNumber(value.value)) throw wrong(first!, 'a valueQuantity');
    if (value.code !== unit || value.system !== system.ucum)
      throw wrong(first!, `a quantity in ${unit} (UCUM), the unit of its measure`);
    return plain(value.value, first!);
  },
});

export const duration: Codec<string> = {
  write: (value, url) => durationsOf(value).map((valueDuration) => ({ url, valueDuration })),
  read(found) {
    const parts = found.map((one) => one.valueDuration as FhirDuration | undefined);
    const value = parts.every((part) => part?.value !== undefined && part.system === system.ucum)
      ? durationText(parts as FhirDuration[])
      : undefined;
    if (value === undefined) throw wrong(found[0]!, 'a valueDuration in a, mo, wk, d or in h, min, s (UCUM)');
    return value;
  },
};

/** `08:00` ↔ `08:00:00`. FHIR has no `24:00`, which is written as a string. */
export const clockTime: Codec<string> = {
  write: (value, url) => [value === '24:00' ? { url, valueString: value } : { url, valueTime: `${value}:00` }],
  read([first]) {
    if (first!.valueString === '24:00') return '24:00';
    const value = first!.valueTime;
    if (!isText(value)) throw wrong(first!, 'a valueTime');
    return value.slice(0, 5);
  },
};

export const booleanOrText: Codec<boolean | string> = {
  write: (value, url) => [typeof value === 'boolean' ? { url, valueBoolean: value } : { url, valueString: value }],
  read: ([first]) => (typeof first!.valueBoolean === 'boolean' ? first!.valueBoolean : text.read([first!])),
};

/** Repeats. The item must write exactly one extension. */
export const list = <T>(item: Codec<T>): Codec<readonly T[]> => ({
  write: (values, url) => values.flatMap((value) => item.write(value, url)),
  read: (found) => found.map((one) => item.read([one])),
});

/** A record: one group per entry, its name as member `key`. `item` may depend on the name. */
export const record = <T>(item: (key: string) => Codec<T>): Codec<Readonly<Record<string, T>>> => ({
  write: (values, url) =>
    Object.entries(values).map(([key, value]) => ({
      url,
      extension: [{ url: 'key', valueString: key }, ...item(key).write(value, 'value')],
    })),
  read: (found) =>
    Object.fromEntries(
      found.map((one) => {
        const key = member(one, 'key', text) ?? '';
        const value = extensionsOf(one, 'value');
        if (value.length === 0) throw wrong(one, 'key and value');
        return [key, item(key).read(value)];
      }),
    ),
});

export type Members = Readonly<Record<string, Codec<never> | undefined>>;
type Loose = Record<string, unknown>;

/** A complex extension of named members. Absent members stay absent. */
export function group<T extends object>(members: { readonly [K in keyof T]-?: Codec<NonNullable<T[K]>> }): Codec<T> {
  return {
    write: (value, url) => [{ url, extension: writeMembers(members as unknown as Members, value as Loose) }],
    read: ([first]) => readMembers(members as unknown as Members, first!) as T,
  };
}

export function writeMembers(members: Members, value: Loose): Extension[] {
  const parts: Extension[] = [];
  for (const [name, codec] of Object.entries(members)) {
    const content = value[name];
    if (content === undefined) continue;
    if (content === null) parts.push({ url: 'none', valueCode: name });
    else {
      const written = codec!.write(content as never, name);
      parts.push(...(written.length === 0 ? [{ url: 'empty', valueCode: name }] : written));
    }
  }
  return parts.length === 0 ? [{ url: 'empty', valueCode: '-' }] : parts;
}

/** @param also further members that the extension may have, which the caller reads itself */
export function readMembers(members: Members, found: Extension, also: readonly string[] = []): Loose {
  onlyMembers(found, [...Object.keys(members), ...also]);
  const empty = new Set(extensionsOf(found, 'empty').map((one) => one.valueCode));
  const none = new Set(extensionsOf(found, 'none').map((one) => one.valueCode));
  const value: Loose = {};
  for (const [name, codec] of Object.entries(members)) {
    const parts = extensionsOf(found, name);
    if (parts.length > 0) value[name] = codec!.read(parts);
    else if (none.has(name)) value[name] = null;
    else if (empty.has(name)) value[name] = arrayNames.has(name) ? [] : {};
  }
  return value;
}

/** Members that are lists, of all groups; the others that can be empty are records. */
const arrayNames: ReadonlySet<string> = new Set([
  'code',
  'alertOn',
  'zones',
  'linkIds',
  'items',
  'all',
  'days',
  'escalate',
  'templates',
  'fatalDeviceStatus',
  'times',
]);

export function member<T>(owner: unknown, name: string, codec: Codec<T>): T | undefined {
  const found = extensionsOf(owner, name);
  return found.length === 0 ? undefined : codec.read(found);
}

/** Refuses a member with an unknown name: a misspelt limit must not be lost. */
export function onlyMembers(found: Extension, allowed: readonly string[]): void {
  for (const { url } of extensionsOf(found)) {
    if (url === 'empty' || url === 'none' || allowed.includes(url)) continue;
    throw new Failure('unprocessable', `The extension ${found.url} has no member "${url}".`, {
      expression: `Extension('${found.url}').extension('${url}')`,
      code: 'extension',
    });
  }
}
