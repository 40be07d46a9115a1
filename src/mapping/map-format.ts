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
  'code',
  'Coding',
  'CodeableConcept',
  'Identifier',
  'HumanName',
  'personName',
  'ContactPoint',
  'phone',
  'Address',
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
 * - `codes`: name of a code table under `mappings/codes/`; `system`: code list of a coded value that does not say its own
 * - `default`: when nothing was found; `required`: a message without it is refused (T02)
 * - `each` + `elements`: one list element for every match, filled by its own lines
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
}

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
  }),
);

/** A file `mappings/<message type>.json`. */
export const messageMapFormat = z.strictObject({
  messages: z.array(z.string()),
  standard: z.string(),
  namespaces: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
  resources: z.array(z.strictObject({ resource: z.string(), from: z.string(), elements: z.array(rule) })),
  /** Source paths that are left out on purpose, each with the reason. */
  ignore: z.record(z.string(), z.string()),
});
export type MessageMapFile = z.infer<typeof messageMapFormat>;

/** A file `mappings/codes/<name>.json`: source code → target value. */
export const codeTableFormat = z.strictObject({
  title: z.string(),
  source: z.string(),
  target: z.string(),
  default: z.unknown().optional(),
  codes: z.record(z.string(), z.unknown()),
});
export type CodeTable = z.infer<typeof codeTableFormat>;
