// The maps of HL7 v2 read backwards: FHIR resource → segments. What the map does not write is not in the message.
import { hl7Time } from '../message-time.js';
import type { CodeTable, Rule } from '../map-format.js';
import * as types from '../hl7/write-data-types.js';
import { hl7Node, type Hl7Node } from '../hl7/write-hl7.js';
import { valuesAt } from './write-content.js';

/** The lines of a map whose paths begin with a segment. */
export interface SegmentMap {
  readonly rules: readonly Rule[];
  readonly tables: ReadonlyMap<string, CodeTable>;
}

/** The segments that the map can write of the resource, by name; NTE as often as there are notes. */
export function writeSegments(map: SegmentMap, resource: object): readonly Hl7Node[] {
  const root = hl7Node('');
  writeLines(map.rules, resource, root, map.tables);
  return root.children;
}

function writeLines(rules: readonly Rule[], source: unknown, at: Hl7Node, tables: SegmentMap['tables']): void {
  for (const rule of rules) {
    const path = rule.each ?? rule.from;
    if (rule.readOnly === true || rule.value !== undefined || typeof path !== 'string' || path.startsWith('$'))
      continue;
    for (const value of valuesAt(source, rule.to)) {
      if (rule.each !== undefined) writeLines(rule.elements ?? [], value, nodeAt(at, path, true), tables);
      else if (rule.codes !== undefined && fields[rule.as ?? ''] === undefined)
        writeCode(at, path, tables.get(rule.codes)?.back.get(codeOf(value)));
      else write(rule, value, at, path);
    }
  }
}

const codeOf = (value: unknown): string =>
  typeof value === 'object' ? String((value as { readonly code?: string }).code) : String(value);

function writeCode(at: Hl7Node, path: string, code: string | undefined): void {
  if (code !== undefined) nodeAt(at, path, false).text = code;
}

/** Converters whose value is a field of its own. */
const fields: Readonly<Record<string, (name: string, value: never) => Hl7Node | undefined>> = {
  'hl7-CodeableConcept': types.concept,
  'hl7-Identifier': types.identifier,
  'hl7-HumanName': types.humanName,
  'hl7-professional': types.professional,
};
/** Converters that read several fields of the OBX. */
const values: Readonly<Record<string, (value: never) => readonly Hl7Node[]>> = {
  'hl7-Quantity': types.results.quantity,
  'hl7-Range': types.results.range,
  'hl7-Ratio': types.results.ratio,
  'hl7-valueCode': types.results.code,
  'hl7-valueTime': types.results.time,
  'hl7-valueText': types.results.text,
};

function write({ as = 'string' }: Rule, value: unknown, at: Hl7Node, path: string): void {
  const field = fields[as];
  if (field !== undefined) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const made = field(name, value as never);
    if (made !== undefined) parentAt(at, path).children.push(made);
    return;
  }
  const several = values[as];
  if (several !== undefined) {
    nodeAt(at, path, false).children.push(...several(value as never));
    return;
  }
  const text = textOf(as, value);
  if (text === undefined) return;
  if (as === 'hl7-referenceRange') nodeAt(at, `${path}/OBX.7`, false).text = text;
  else nodeAt(at, path, false).text = text;
}

function textOf(as: string, value: unknown): string | undefined {
  switch (as) {
    case 'hl7-date':
    case 'hl7-dateTime':
    case 'hl7-instant':
      return hl7Time(String(value));
    case 'hl7-referenceRange':
      return types.referenceRange(value as object);
    case 'string':
      return typeof value === 'object' ? undefined : String(value);
    default:
      // Addresses and telephone numbers are not given away with a measurement.
      return undefined;
  }
}

const parentAt = (at: Hl7Node, path: string): Hl7Node =>
  path.includes('/') ? nodeAt(at, path.slice(0, path.lastIndexOf('/')), false) : at;

/** The node at the path, made where it is missing; `another`: its last step is a new one. */
function nodeAt(from: Hl7Node, path: string, another: boolean): Hl7Node {
  const names = path.split('/');
  return names.reduce((at, name, index) => {
    const known = at.children.find((child) => child.name === name);
    if (known !== undefined && !(another && index === names.length - 1)) return known;
    const made = hl7Node(name);
    at.children.push(made);
    return made;
  }, from);
}
