// Broken variants of a message, the same every time: what the schema refuses, the server's own element trees must refuse too.

/** A variant with one element left out, doubled, moved, or given a value of another kind. */
export interface Mutation {
  readonly name: string;
  readonly xml: string;
}

/** https://en.wikipedia.org/wiki/Linear_congruential_generator : the same places every time. */
function numbers(seed: number): (below: number) => number {
  let at = seed;
  return (below) => {
    at = (Math.imul(at, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((at / 2 ** 32) * below);
  };
}

/** An element with what is in it: `<a>…</a>` or `<a/>`, as start and end in the text. */
function elementsOf(xml: string): readonly (readonly [start: number, end: number])[] {
  const open: number[] = [];
  const found: [number, number][] = [];
  for (const tag of xml.matchAll(/<(\/?)[\p{L}_][^>]*?(\/?)>/gu)) {
    const end = tag.index + tag[0].length;
    if (tag[1] === '/') found.push([open.pop() ?? 0, end]);
    else if (tag[2] === '/') found.push([tag.index, end]);
    else open.push(tag.index);
  }
  return found.filter(([start]) => start > xml.indexOf('>', xml.indexOf('?>') + 2));
}

/** @param count how many; @param seed other variants */
export function mutationsOf(xml: string, count: number, seed: number): readonly Mutation[] {
  const next = numbers(seed);
  const elements = elementsOf(xml);
  return Array.from({ length: count }, (): Mutation => {
    const [start, end] = elements[next(elements.length)]!;
    const element = xml.slice(start, end);
    const without = xml.slice(0, start) + xml.slice(end);
    const name = /^<([^\s/>]+)/.exec(element)![1]!;
    switch (next(4)) {
      case 0:
        return { name: `without ${name}`, xml: without };
      case 1:
        return { name: `${name} twice`, xml: xml.slice(0, end) + element + xml.slice(end) };
      case 2: {
        const places = elementsOf(without);
        const [at] = places[next(places.length)]!;
        return { name: `${name} elsewhere`, xml: without.slice(0, at) + element + without.slice(at) };
      }
      default: {
        const changed = element.replace(/ V="[^"]*"/, ' V="x 1"').replace(/>[^<>]+</, '>x y<');
        return { name: `${name} with another value`, xml: xml.slice(0, start) + changed + xml.slice(end) };
      }
    }
  });
}
