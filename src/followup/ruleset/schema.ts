/** The grammar of `grammar.ts` as zod schemas. Unknown members of rules, ranges and measures are refused: a misspelt limit must not be lost. */
import { IANAZone } from 'luxon';
import { z } from 'zod';
import { decimal, text } from './parse-with.js';

const texts = { title: z.string().optional(), note: z.string().optional() };

const duration = z
  .string()
  .regex(
    /^P(?:(?=\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?|T(?=\d)(\d+H)?(\d+M)?(\d+S)?)$/,
    'is not a duration such as P3D (calendar days) or PT4H (elapsed time)',
  );
const count = z.int().min(1);
const colour = z.enum(['green', 'yellow', 'red']);
const clockTime = z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'is not a time such as 08:00');

const range = z
  .strictObject({ gt: decimal, ge: decimal, lt: decimal, le: decimal, eq: decimal })
  .partial()
  .refine((r) => Object.keys(r).length > 0, 'a range needs a bound')
  .refine((r) => r.gt === undefined || r.ge === undefined, 'a range has at most one lower bound')
  .refine((r) => r.lt === undefined || r.le === undefined, 'a range has at most one upper bound')
  .refine((r) => r.eq === undefined || Object.keys(r).length === 1, 'eq stands alone');

const zoneTable = z.array(z.strictObject({ zone: colour, when: z.array(range).min(1) }));
const zoneTables = z.union([zoneTable, z.record(text, zoneTable)]);

const simpleMeasure = z.strictObject({
  code: z.array(text).optional(),
  unit: text,
  decimals: z.int().min(0).max(6),
  impossible: range.optional(),
  suspect: range.optional(),
  maxStep: z.strictObject({ abs: decimal, within: duration, confirmTolerance: decimal }).optional(),
  zones: zoneTables.optional(),
  alsoZones: z.array(zoneTables).optional(),
  analyte: z.literal('glucose').optional(),
  ...texts,
});

const componentMeasure = z.strictObject({
  code: z.array(text).optional(),
  decimals: z.int().min(0).max(6).optional(),
  components: z.record(text, simpleMeasure).refine((c) => Object.keys(c).length > 0, 'needs a component'),
  combine: z.literal('worst').optional(),
  ...texts,
});

const measure = z.union([simpleMeasure, componentMeasure]);

const common = {
  id: text.optional(),
  signal: z.boolean().optional(),
  alertOn: z.array(colour).optional(),
  clear: z.strictObject({ consecutiveGreen: count }).optional(),
  ...texts,
};
const colourRanges = z.array(z.strictObject({ colour, when: range })).min(1);
const persistence = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('consecutive'), n: count, maxGap: duration.optional() }),
  z.strictObject({ kind: z.literal('nOfM'), n: count, m: count }).refine((p) => p.n <= p.m, 'n is greater than m'),
]);
const expected = z.union([z.boolean(), z.string(), z.number().transform(String)]);

const rule = z.discriminatedUnion('type', [
  z.strictObject({
    ...common,
    type: z.literal('zone'),
    measure: text,
    persistence: z.strictObject({ yellow: persistence.optional(), red: persistence.optional() }).optional(),
  }),
  z
    .strictObject({
      ...common,
      type: z.literal('delta'),
      measure: text,
      component: text.optional(),
      window: duration.optional(),
      reference: z.enum(['min', 'max', 'first', 'median', 'baseline']),
      baseline: decimal.optional(),
      as: z.enum(['abs', '%']).optional(),
      minReadings: count.optional(),
      zones: colourRanges,
    })
    .refine((r) => r.reference !== 'baseline' || r.baseline !== undefined, 'reference baseline needs a baseline')
    .refine((r) => r.reference === 'baseline' || r.window !== undefined, 'needs a window'),
  z.strictObject({
    ...common,
    type: z.literal('duration'),
    measure: text,
    component: text.optional(),
    range,
    for: duration,
    minReadings: count.optional(),
    maxGap: duration.optional(),
    colour,
  }),
  z
    .strictObject({
      ...common,
      type: z.literal('aggregate'),
      measure: text,
      stat: z.literal('mean'),
      window: duration,
      minReadings: count.optional(),
      minDays: count.optional(),
      discardFirstDay: z.boolean().optional(),
      components: z.record(text, range).optional(),
      when: range.optional(),
      combine: z.enum(['any', 'all']).optional(),
      colour,
    })
    .refine((r) => (r.components === undefined) !== (r.when === undefined), 'needs either components or when'),
  z
    .strictObject({
      ...common,
      type: z.literal('answer'),
      questionnaire: text,
      linkId: text,
      equals: expected.optional(),
      colour: colour.optional(),
      zones: colourRanges.optional(),
    })
    .refine((r) => (r.equals === undefined) !== (r.zones === undefined), 'needs either equals or zones')
    .refine((r) => r.equals === undefined || r.colour !== undefined, 'equals needs a colour'),
  z.strictObject({
    ...common,
    type: z.literal('answerCount'),
    questionnaire: text,
    linkIds: z.array(text).min(1),
    equals: expected,
    zones: colourRanges,
  }),
  z.strictObject({
    ...common,
    type: z.literal('score'),
    questionnaire: text,
    items: z.array(text).min(1),
    zones: colourRanges,
  }),
  z.strictObject({
    ...common,
    type: z.literal('scoreDelta'),
    questionnaire: text,
    items: z.array(text).min(1),
    baseline: decimal,
    when: range,
    consecutive: count.optional(),
    colour,
  }),
  z.strictObject({ ...common, type: z.literal('composite'), all: z.array(text).min(1), within: duration, colour }),
]);

const ruleWithId = rule.superRefine((value, context) => {
  if (value.id === undefined)
    context.addIssue({ code: 'custom', path: ['id'], message: 'a rule in a plan needs an id' });
});

const weekdays = z.array(z.int().min(0).max(6));

const schedule = z.strictObject({
  id: text,
  for: text,
  start: z
    .string()
    .regex(/^\d{4}-\d\d-\d\d/, 'is not a date or date-time')
    .optional(),
  times: z.array(clockTime).min(1),
  days: weekdays.optional(),
  before: duration,
  after: duration,
  escalate: z.array(z.strictObject({ consecutive: count, colour })).optional(),
  ...texts,
});

const escalation = z.strictObject({
  id: text,
  colour,
  n: count,
  window: duration,
  action: text,
  note: z.string().optional(),
});

const serviceCalendar = z.strictObject({
  days: weekdays.min(1),
  from: clockTime,
  to: clockTime,
  holidays: z
    .enum(['NO', 'none'])
    .nullish()
    .transform((value) => (value === null ? ('none' as const) : value)),
  afterHours: text.nullish(),
});

const ebpZone = z.union([z.string(), z.object({ condition: z.string().optional(), action: z.string().optional() })]);

/** `null` for an optional part of the frame says that there is none. */
const withoutNulls = (json: unknown): unknown =>
  typeof json !== 'object' || json === null || Array.isArray(json)
    ? json
    : Object.fromEntries(Object.entries(json).filter(([name, value]) => value !== null || nullable.has(name)));
const nullable = new Set(['safetyNet']);

const namedRuleSet = z.looseObject({
  ruleSetVersion: z.literal('1').default('1'),
  id: text.optional(),
  version: z.int().min(1).optional(),
  status: z.enum(['draft', 'in-review', 'approved', 'interim', 'retired']).optional(),
  patient: z.string().optional(),
  timezone: z
    .string()
    .refine((zone) => IANAZone.isValidZone(zone), 'is not a known time zone')
    .default('Europe/Oslo'),
  templates: z.array(text).optional(),
  merge: z.object({ default: z.literal('strictest'), overrides: z.record(text, text).optional() }).optional(),
  approval: z
    .object({
      state: z.string(),
      by: z.object({ hpr: z.string(), name: z.string(), role: z.string() }).partial(),
      org: z.string(),
      at: z.string(),
      contentHash: z.string(),
      responsible: z.enum(['sykehus', 'fastlege']),
      nextReview: z.string(),
    })
    .partial()
    .optional(),
  serviceCalendar: serviceCalendar.optional(),
  measures: z.record(text, z.union([text, measure])).default({}),
  rules: z.array(z.union([text, ruleWithId])).default([]),
  schedules: z.array(schedule).default([]),
  escalations: z.array(escalation).default([]),
  fatalDeviceStatus: z.array(text).optional(),
  safetyNet: z.literal('news2-3').nullish(),
  news2: z.enum(['scale-1', 'scale-2']).optional(),
  ebp: z.object({ green: ebpZone, yellow: ebpZone, red: ebpZone }).partial().optional(),
});

export const namedRuleSetSchema = z.preprocess(withoutNulls, namedRuleSet);

export const librarySchema = z.looseObject({
  fatalDeviceStatus: z.array(text).optional(),
  measures: z.record(text, measure),
  rules: z.record(text, rule),
});
