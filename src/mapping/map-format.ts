import { z } from 'zod';

/** Ways to turn a source element or attribute into a FHIR value. */
export const converterNames = [
  'string',
  'boolean',
  'integer',
  'decimal',
  'date',
  'dateTime',
  'hl7-date',
  'hl7-dateTime',
  'hl7-instant',
  'hl7-Coding',
  'hl7-CodeableConcept',
  'hl7-Identifier',
  'hl7-HumanName',
  'hl7-Address',
  'hl7-ContactPoint',
  'hl7-professional',
  'hl7-referenceRange',
  'hl7-Quantity',
  'hl7-Range',
  'hl7-Ratio',
  'hl7-valueCode',
  'hl7-valueTime',
  'hl7-valueText',
  'code',
  'Coding',
  'CodeableConcept',
  'Identifier',
  'HumanName',
  'personName',
  'ContactPoint',
  'phone',
  'Address',
  'narrative',
  'readable',
  'Quantity',
] as const;
export type ConverterName = (typeof converterNames)[number];

/**
 * One line of a message map: where the value comes from, what it becomes, and which FHIR element gets it.
 *
 * - `to`: FHIR element path inside the resource (or inside the list element of `each`): `subject.display`,
 *   `reasonCode[]` (one new list element per match), `name[0].family`
 * - `from`: source path (path.ts), a list of them (joined by `join`; each may have a conversion of
 *   its own: `po:Kontaktperson as personName`), or `$parameter`, which the bridge supplies
 * - `value`: a fixed value instead of `from`
 * - `as`: the conversion; `string` when absent
 * - `codes`: name of a ConceptMap under `mappings/codes/`, which gives a code, or with `as: Coding` a Coding; with a data type
 *   that has a use (Address, ContactPoint, HumanName) its use;
 *   `system`: code list of a coded value that does not say its own
 * - `default`: when nothing was found; `required`: a message without it is refused (T02)
 * - `each` + `elements`: one list element for every match, filled by its own lines
 * - `write`: where the elements of `each` go when the message is written; `only`: which of them (element path → value)
 * - `also`: when the elements of `each` are written, what else the standard demands there: path → text
 * - `readOnly`: not for writing: another line writes the same, or nothing can be made of the value again
 * - `when`: only if this path (or `path='value'`, `not(path)`) is there
 */
export interface Rule {
  readonly to: string;
  readonly from?: string | readonly string[] | undefined;
  readonly value?: unknown;
  readonly as?: ConverterName | undefined;
  readonly codes?: string | undefined;
  readonly system?: string | undefined;
  readonly default?: unknown;
  readonly join?: string | undefined;
  readonly required?: boolean | undefined;
  readonly when?: string | undefined;
  readonly each?: string | undefined;
  readonly elements?: readonly Rule[] | undefined;
  readonly note?: string | undefined;
  readonly write?: string | undefined;
  readonly only?: Readonly<Record<string, string | readonly string[]>> | undefined;
  readonly also?: Readonly<Record<string, string>> | undefined;
  readonly readOnly?: boolean | undefined;
}

/** A value, or several that may stand there. */
const oneOf = z.union([z.string(), z.array(z.string())]);

const rule: z.ZodType<Rule> = z.lazy(() =>
  z.strictObject({
    to: z.string(),
    from: z.union([z.string(), z.array(z.string())]).optional(),
    value: z.unknown().optional(),
    as: z.enum(converterNames).optional(),
    codes: z.string().optional(),
    system: z.string().optional(),
    default: z.unknown().optional(),
    join: z.string().optional(),
    required: z.boolean().optional(),
    when: z.string().optional(),
    each: z.string().optional(),
    elements: z.array(rule).optional(),
    note: z.string().optional(),
    write: z.string().optional(),
    only: z.record(z.string(), oneOf).optional(),
    also: z.record(z.string(), z.string()).optional(),
    readOnly: z.boolean().optional(),
  }),
);

/**
 * - `from`: where the resource is in the message: the first match, or with `many` one resource per match
 * - `write`: where it goes in a message that is written, below the root of the content; the last step once per resource
 * - `when`: only for a match that fulfils the condition
 * - `only`, `also`: when writing, which resources are meant, and what else the element must hold
 */
const resourceFormat = z.strictObject({
  resource: z.string(),
  from: z.string(),
  many: z.boolean().optional(),
  when: z.string().optional(),
  write: z.string().optional(),
  /** Which resources of that type are meant when writing: a path and the value it must have. */
  only: z.record(z.string(), oneOf).optional(),
  /** Elements that the standard demands and FHIR has no place for: path → text; `$at` is when the message is written. */
  also: z.record(z.string(), z.string()).optional(),
  elements: z.array(rule),
});
export type ResourceRule = z.infer<typeof resourceFormat>;

/** A file `mappings/<message type>.json`. */
export const messageMapFormat = z.strictObject({
  messages: z.array(z.string()),
  standard: z.string(),
  namespaces: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
  /** Files of `mappings/parts/` that this message has too. */
  include: z.array(z.string()).optional(),
  /** Root element of the content, for a message that is also written from FHIR: `p:Konsultasjon`. */
  root: z.string().optional(),
  resources: z.array(resourceFormat),
  /** Source paths that are left out on purpose, each with the reason. */
  ignore: z.record(z.string(), z.string()),
});
export type MessageMapFile = z.infer<typeof messageMapFormat>;

/** A file `mappings/parts/<name>.json`: what several message types have in common. */
export const mapPartFormat = messageMapFormat.omit({ messages: true, include: true, root: true });
export type MapPart = z.infer<typeof mapPartFormat>;

const target = z.looseObject({ code: z.string(), display: z.string().optional() });

/** A file `mappings/codes/<name>.json`: a FHIR ConceptMap, served as such too. https://hl7.org/fhir/R4/conceptmap.html */
export const conceptMapFormat = z.looseObject({
  resourceType: z.literal('ConceptMap'),
  id: z.string(),
  url: z.string(),
  group: z.tuple([
    z.looseObject({
      source: z.string(),
      target: z.string(),
      element: z.array(z.looseObject({ code: z.string(), target: z.tuple([target]) })),
      unmapped: z
        .looseObject({ mode: z.literal('fixed'), code: z.string(), display: z.string().optional() })
        .optional(),
    }),
  ]),
});

export interface MappedCode {
  readonly system: string;
  readonly code: string;
  readonly display?: string;
}
/** A ConceptMap as it is looked up: source code → target, and back. */
export interface CodeTable {
  readonly codes: ReadonlyMap<string, MappedCode>;
  /** Target of a code that the table does not have. */
  readonly unmapped: MappedCode | undefined;
  /** Target code → the first source code that gives it. */
  readonly back: ReadonlyMap<string, string>;
}
