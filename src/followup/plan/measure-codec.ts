import type { Measure, SimpleMeasure } from '../ruleset/grammar.js';
import { isComponentMeasure } from '../ruleset/grammar.js';
import { type Concept, type Extension, extensionOf, extensionsOf } from '../vocabulary/element.js';
import { structure } from '../vocabulary/systems.js';
import { Failure } from '../../kernel/failure.js';
import { codeTextOf, codingOf } from './code-text.js';
import {
  code,
  duration,
  group,
  integer,
  list,
  member,
  type Members,
  quantity,
  readMembers,
  text,
  writeMembers,
} from './extension-codec.js';
import { rangeCodec } from './range-codec.js';
import { thresholds, zoneTables } from './threshold-codec.js';

export const measureUrl = structure('dho-measure');

/** A list of `loinc|2708-6` as repeated valueCoding. */
const codes = list<string>({
  write: (value, url) => [{ url, valueCoding: codingOf(value) }],
  read: ([first]) => codeTextOf(first!.valueCoding as object) ?? '',
});

const simpleMembers = (unit: string): Members =>
  ({
    code: codes,
    unit: code(),
    decimals: integer,
    analyte: code(),
    title: text,
    note: text,
    impossible: rangeCodec(unit),
    suspect: rangeCodec(unit),
    maxStep: group<{ abs: string; within: string; confirmTolerance: string }>({
      abs: quantity(unit),
      within: duration,
      confirmTolerance: quantity(unit),
    }),
  }) as unknown as Members;

const componentMembers = {
  code: codes,
  decimals: integer,
  combine: code(),
  title: text,
  note: text,
} as unknown as Members;

/** The extensions of a measure's activity: `dho-measure` (quality limits, unit) and its `dho-threshold`s. */
export function measureExtensions(measure: Measure): Extension[] {
  if (!isComponentMeasure(measure)) {
    return [{ url: measureUrl, extension: simpleParts(measure) }, ...thresholds(measure)];
  }
  const components = Object.entries(measure.components).map(([key, one]) => ({
    url: 'component',
    extension: [{ url: 'key', valueString: key }, ...simpleParts(one)],
  }));
  const own = writeMembers(componentMembers, measure as unknown as Record<string, unknown>);
  return [
    { url: measureUrl, extension: [...own, ...components] },
    ...Object.entries(measure.components).flatMap(([key, one]) => thresholds(one, { key, code: one.code ?? [] })),
  ];
}

function simpleParts(measure: SimpleMeasure): Extension[] {
  const parts = writeMembers(simpleMembers(measure.unit), measure as unknown as Record<string, unknown>);
  return measure.alsoZones === undefined
    ? parts
    : [...parts, { url: 'furtherTables', valueInteger: measure.alsoZones.length }];
}

/** CodeableConcept of the activity: the measure's codes for those who do not read our extensions. */
export const measureConcept = (key: string, measure: Measure): Concept => ({
  ...(measure.code === undefined || measure.code.length === 0 ? {} : { coding: measure.code.map(codingOf) }),
  text: measure.title ?? key,
});

/** The way back from the extensions of an activity's detail; undefined where the activity is no measure. */
export function measureOf(detail: unknown): Measure | undefined {
  const found = extensionOf(detail, measureUrl);
  if (found === undefined) return undefined;
  const components = extensionsOf(found, 'component');
  if (components.length === 0) return simpleOf(found, detail, undefined);
  const entries = components.map((one) => {
    const key = member(one, 'key', text) ?? '';
    return [key, simpleOf(one, detail, key)] as const;
  });
  return {
    ...readMembers(componentMembers, found, ['component']),
    components: Object.fromEntries(entries),
  } as unknown as Measure;
}

function simpleOf(found: Extension, detail: unknown, key: string | undefined): SimpleMeasure {
  const unit = member(found, 'unit', code());
  if (unit === undefined) {
    throw new Failure('unprocessable', 'A measure of a plan has a unit (UCUM).', {
      expression: `Extension('${measureUrl}').extension('unit')`,
      code: 'required',
    });
  }
  const own = readMembers(simpleMembers(unit), found, ['key', 'furtherTables']);
  return {
    ...own,
    ...zoneTables(detail, unit, key, member(found, 'furtherTables', integer)),
  } as unknown as SimpleMeasure;
}
