import { isObject, type JsonObject } from '../visit.js';

/** One repetition of an element as it stands in a resource. */
export interface Instance {
  /** Undefined where there is only an extension instead of a value. */
  readonly value: unknown;
  /** The `_` object of a primitive. */
  readonly extras?: unknown;
  /** Of a choice, the type that its JSON name says: `Quantity`. */
  readonly type?: string;
  /** Its step in a FHIRPath: `.component[1]`. */
  readonly step: string;
}

const upper = /^[A-Z]/;

/**
 * The repetitions of an element of an object; `value[x]` takes all of its types.
 *
 * @param step how a FHIRPath calls it, where that is not its name: `value` for `valueQuantity`
 */
export function instancesOf(parent: unknown, name: string, step = name): readonly Instance[] {
  if (!isObject(parent)) return [];
  if (!name.endsWith('[x]')) return repetitions(parent, name, `.${step}`, undefined);
  const bare = name.slice(0, -3);
  const names = new Set<string>();
  for (const key in parent) {
    const plain = key.startsWith('_') ? key.slice(1) : key;
    if (plain.startsWith(bare) && upper.test(plain.slice(bare.length))) names.add(plain);
  }
  return [...names].flatMap((key) => {
    const suffix = key.slice(bare.length);
    return repetitions(parent, key, `.${bare}`, suffix);
  });
}

function repetitions(parent: JsonObject, key: string, step: string, type: string | undefined): readonly Instance[] {
  const [value, extras] = [parent[key], parent[`_${key}`]];
  const typed = type === undefined ? {} : { type };
  const one = (item: unknown, extra: unknown, at: string): Instance => ({
    value: item === null ? undefined : item,
    ...(isObject(extra) && { extras: extra }),
    ...typed,
    step: at,
  });
  if (Array.isArray(value) || Array.isArray(extras)) {
    const [items, others] = [
      Array.isArray(value) ? (value as unknown[]) : [],
      Array.isArray(extras) ? (extras as unknown[]) : [],
    ];
    return Array.from({ length: Math.max(items.length, others.length) }, (_, at) =>
      one(items[at], others[at], `${step}[${at}]`),
    );
  }
  return value === undefined && extras === undefined ? [] : [one(value, extras, step)];
}

/** The value's JSON type name and that of a definition are the same: `dateTime` stands as `DateTime` in a JSON name. */
export const isOfType = (suffix: string, code: string): boolean =>
  suffix.charAt(0).toLowerCase() + suffix.slice(1) === code.charAt(0).toLowerCase() + code.slice(1);
