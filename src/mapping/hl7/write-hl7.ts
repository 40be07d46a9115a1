// HL7 v2.x encoding rules: https://www.hl7.eu/HL7v2x/v251/std251/ch02.html

/** A segment (`OBX`), field (`OBX.5`), component (`OBX.5.1`) or subcomponent, named as `readHl7` names them. */
export interface Hl7Node {
  readonly name: string;
  text: string;
  readonly children: Hl7Node[];
}

export const hl7Node = (name: string, text = ''): Hl7Node => ({ name, text, children: [] });

/** The delimiters of every message that is written here. */
export const delimiters = '|^~\\&';

const escapes: Readonly<Record<string, string>> = { '|': 'F', '^': 'S', '~': 'R', '\\': 'E', '&': 'T' };

const escaped = (text: string): string =>
  text
    .replace(/[|^~\\&]/g, (character) => `\\${escapes[character]}\\`)
    .replace(/\r\n|\r|\n/g, '\\.br\\')
    .replace(/[\u0000-\u001f]/g, ' ');

/** The segments in their order, each ended by CR. Nodes stand in any order below their parent; one name twice is a repetition. */
export const writeHl7 = (segments: readonly Hl7Node[]): string =>
  segments.map((segment) => `${line(segment)}\r`).join('');

function line({ name, children }: Hl7Node): string {
  const header = name === 'MSH';
  const fields = placed(children, (field) => joined(field, '^'), '~');
  // MSH-1 is the separator itself and MSH-2 the other delimiters: neither is escaped.
  return [name, ...(header ? [delimiters.slice(1), ...fields.slice(2)] : fields)].join('|').replace(/\|+$/, '');
}

function joined({ text, children }: Hl7Node, by: '^' | '&'): string {
  if (children.length === 0) return escaped(text);
  return placed(children, (child) => (by === '^' ? joined(child, '&') : escaped(child.text)), '')
    .join(by)
    .replace(by === '^' ? /\^+$/ : /&+$/, '');
}

/** What stands at each place, by the number that ends the name. */
function placed(nodes: readonly Hl7Node[], write: (node: Hl7Node) => string, repeated: string): string[] {
  const places: string[] = [];
  for (const node of nodes) {
    const at = Number(node.name.slice(node.name.lastIndexOf('.') + 1)) - 1;
    places[at] = places[at] === undefined ? write(node) : `${places[at]}${repeated}${write(node)}`;
  }
  return Array.from(places, (place) => place ?? '');
}
