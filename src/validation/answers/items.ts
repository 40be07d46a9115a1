import { isObject, type JsonObject } from '../visit.js';

/** The objects of a list element. */
export const objects = (holder: JsonObject | undefined, name: string): readonly JsonObject[] => {
  const items = holder?.[name];
  return Array.isArray(items) ? items.filter(isObject) : [];
};

export const textOf = (holder: JsonObject, name: string): string | undefined =>
  typeof holder[name] === 'string' ? holder[name] : undefined;

/** `value[x]` of an object: the type as its JSON name says it, and the value. */
export function valueOf(
  holder: JsonObject,
  element = 'value',
): { readonly type: string; readonly value: unknown } | undefined {
  for (const name in holder)
    if (name.startsWith(element) && /^[A-Z]/.test(name.slice(element.length)))
      return { type: name.slice(element.length), value: holder[name] };
  return undefined;
}

/** The items of a response below an item: directly (of a group), or below its answers (of a question). */
export const itemsBelow = (item: JsonObject): readonly JsonObject[] => [
  ...objects(item, 'item'),
  ...objects(item, 'answer').flatMap((answer) => objects(answer, 'item')),
];

/** The value of an extension. */
export const extensionValue = (item: JsonObject, url: string): unknown => {
  const found = objects(item, 'extension').find((one) => one.url === url);
  return found === undefined ? undefined : valueOf(found)?.value;
};
