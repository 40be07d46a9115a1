/**
 * The rule set: what is monitored for one patient, as one JSON document. A plan, a template and a simulation share it.
 * Every clinical number is a decimal string; `parseRuleSet` accepts JSON numbers too and makes strings of them.
 */

/** A decimal literal such as `"38.0"` or `"-5"`. Never a float. */
export type DecimalString = string;

/** An ISO 8601 duration: days and longer are calendar days of the plan's zone (`P3D`), hours and shorter elapsed time (`PT4H`). */
export type DurationString = string;

/** A zone of the plan, from best to worst. */
export type ZoneColour = 'green' | 'yellow' | 'red';

/** What an alert can look like on the centre's list. */
export type AlertColour = ZoneColour | 'blue' | 'grey' | 'technical';

/** One or two bounds (at most one lower, at most one upper), or `eq`. `gt`/`lt` exclude the bound, `ge`/`le` include it. */
export interface Range {
  readonly gt?: DecimalString;
  readonly ge?: DecimalString;
  readonly lt?: DecimalString;
  readonly le?: DecimalString;
  readonly eq?: DecimalString;
}

/** A zone and the ranges that make it up (a union: low and high red). */
export interface Zone {
  readonly zone: ZoneColour;
  readonly when: readonly Range[];
}

export type ZoneTable = readonly Zone[];

/** Tables by measuring context (`o2`, `air`); `default` where the context is not told or has no table. */
export type ContextTables = Readonly<Record<string, ZoneTable>>;

/** A step between two readings that is believed only when repeated (another person on the scale). */
export interface MaxStep {
  readonly abs: DecimalString;
  readonly within: DurationString;
  readonly confirmTolerance: DecimalString;
}

/** A measure of one value. */
export interface SimpleMeasure {
  /** `loinc|2708-6`, `sct|…`, `npu|…` */
  readonly code?: readonly string[];
  /** UCUM */
  readonly unit: string;
  /** Values are rounded HALF_UP to so many decimals before they are compared. */
  readonly decimals: number;
  /** Outside it a value is not judged but opens a technical alert. */
  readonly impossible?: Range;
  /** Outside it a value is judged and a repeat is asked for. */
  readonly suspect?: Range;
  readonly maxStep?: MaxStep;
  readonly zones?: ZoneTable | ContextTables;
  /** Tables of other templates: the strictest zone wins. */
  readonly alsoZones?: readonly (ZoneTable | ContextTables)[];
  /** Where mass and amount of substance are converted into each other. */
  readonly analyte?: 'glucose';
  readonly title?: string;
  readonly note?: string;
}

/** A measure of several values taken together (blood pressure); all are required, the worst decides. */
export interface ComponentMeasure {
  readonly code?: readonly string[];
  readonly decimals?: number;
  readonly components: Readonly<Record<string, SimpleMeasure>>;
  readonly combine?: 'worst';
  readonly title?: string;
  readonly note?: string;
}

export type Measure = SimpleMeasure | ComponentMeasure;

export interface ColourRange {
  readonly colour: ZoneColour;
  readonly when: Range;
}

/** So many readings in a row, or n of the last m, at or above the level before it becomes an alert. */
export type Persistence =
  | { readonly kind: 'consecutive'; readonly n: number; readonly maxGap?: DurationString }
  | { readonly kind: 'nOfM'; readonly n: number; readonly m: number };

export interface RuleCommon {
  readonly id: string;
  /** A signal never opens an alert by itself; it is a member of composites. */
  readonly signal?: boolean;
  /** Default yellow and red. Red is always alerted. */
  readonly alertOn?: readonly ZoneColour[];
  /** So many greens in a row mark the alert `cleared`. Zone rules default to 2; other rules clear only when it is given. */
  readonly clear?: { readonly consecutiveGreen: number };
  readonly title?: string;
  readonly note?: string;
}

export interface ZoneRule extends RuleCommon {
  readonly type: 'zone';
  readonly measure: string;
  readonly persistence?: { readonly yellow?: Persistence; readonly red?: Persistence };
}

/** Change against the patient's own earlier readings in a window, or an approved baseline. */
export interface DeltaRule extends RuleCommon {
  readonly type: 'delta';
  readonly measure: string;
  readonly component?: string;
  readonly window?: DurationString;
  readonly reference: 'min' | 'max' | 'first' | 'median' | 'baseline';
  readonly baseline?: DecimalString;
  readonly as?: 'abs' | '%';
  /** How many earlier readings the reference needs (default 1). */
  readonly minReadings?: number;
  readonly zones: readonly ColourRange[];
}

/** An unbroken run inside a range, in elapsed time. */
export interface DurationRule extends RuleCommon {
  readonly type: 'duration';
  readonly measure: string;
  readonly component?: string;
  readonly range: Range;
  /** Elapsed time, also where it is given in days (24 hours each). */
  readonly for: DurationString;
  readonly minReadings?: number;
  readonly maxGap?: DurationString;
  readonly colour: ZoneColour;
}

export interface AggregateRule extends RuleCommon {
  readonly type: 'aggregate';
  readonly measure: string;
  readonly stat: 'mean';
  readonly window: DurationString;
  readonly minReadings?: number;
  readonly minDays?: number;
  /** Leaves out the first day with readings in the window. */
  readonly discardFirstDay?: boolean;
  /** For a measure of components. */
  readonly components?: Readonly<Record<string, Range>>;
  /** For a measure of one value. */
  readonly when?: Range;
  readonly combine?: 'any' | 'all';
  readonly colour: ZoneColour;
}

export interface AnswerRule extends RuleCommon {
  readonly type: 'answer';
  readonly questionnaire: string;
  readonly linkId: string;
  readonly equals?: boolean | string;
  readonly colour?: ZoneColour;
  readonly zones?: readonly ColourRange[];
}

export interface AnswerCountRule extends RuleCommon {
  readonly type: 'answerCount';
  readonly questionnaire: string;
  readonly linkIds: readonly string[];
  readonly equals: boolean | string;
  readonly zones: readonly ColourRange[];
}

export interface ScoreRule extends RuleCommon {
  readonly type: 'score';
  readonly questionnaire: string;
  readonly items: readonly string[];
  readonly zones: readonly ColourRange[];
}

export interface ScoreDeltaRule extends RuleCommon {
  readonly type: 'scoreDelta';
  readonly questionnaire: string;
  readonly items: readonly string[];
  readonly baseline: DecimalString;
  readonly when: Range;
  readonly consecutive?: number;
  readonly colour: ZoneColour;
}

/** All members (signals or alerts, by rule id) found within one span of time. */
export interface CompositeRule extends RuleCommon {
  readonly type: 'composite';
  readonly all: readonly string[];
  readonly within: DurationString;
  readonly colour: ZoneColour;
}

export type MeasureRule = ZoneRule | DeltaRule | DurationRule | AggregateRule;
export type FormRule = AnswerRule | AnswerCountRule | ScoreRule | ScoreDeltaRule;
export type Rule = MeasureRule | FormRule | CompositeRule;

/** When a measure, a form or a task is expected. */
export interface Schedule {
  readonly id: string;
  /** measure key, questionnaire or task code */
  readonly for: string;
  /** local date or date-time, or with offset; without it the schedule starts when the plan takes effect */
  readonly start?: string;
  /** local `HH:MM` */
  readonly times: readonly string[];
  /** Monday = 0; default every day */
  readonly days?: readonly number[];
  readonly before: DurationString;
  readonly after: DurationString;
  readonly escalate?: readonly { readonly consecutive: number; readonly colour: ZoneColour }[];
  readonly title?: string;
  readonly note?: string;
}

/** "Ring etter 3 gule alarmer": after n occurrences of a colour in the window, an action. */
export interface Escalation {
  readonly id: string;
  readonly colour: ZoneColour;
  readonly n: number;
  readonly window: DurationString;
  readonly action: string;
  readonly note?: string;
}

/** The centre's opening hours. `to` at or before `from` is a shift over midnight. */
export interface ServiceCalendar {
  /** Monday = 0 */
  readonly days: readonly number[];
  readonly from: string;
  readonly to: string;
  /** `NO` (default): Norwegian holidays are not working days; `none`: they are. */
  readonly holidays?: 'NO' | 'none';
  /** Who takes red alerts outside the hours, for example `home-care` or `legevakt`. */
  readonly afterHours?: string | null;
}

export type MergeOverride = string;

/** How the templates of a plan with several diagnoses were put together. `template:<id>` or `explicit` by measure. */
export interface Merge {
  readonly default: 'strictest';
  readonly overrides?: Readonly<Record<string, MergeOverride>>;
}

export interface Approval {
  readonly state?: string;
  readonly by?: { readonly hpr?: string; readonly name?: string; readonly role?: string };
  readonly org?: string;
  readonly at?: string;
  readonly contentHash?: string;
  readonly responsible?: 'sykehus' | 'fastlege';
  readonly nextReview?: string;
}

/** What the patient's plan says of a zone: how it shows itself, what to do. */
export type EbpZone = string | { readonly condition?: string; readonly action?: string };

export type PlanStatus = 'draft' | 'in-review' | 'approved' | 'interim' | 'retired';

/** What a resolved and an unresolved rule set have in common. */
export interface RuleSetFrame {
  readonly ruleSetVersion: '1';
  readonly id?: string;
  readonly version?: number;
  /** Absent in a simulation: the plan counts as in force. */
  readonly status?: PlanStatus;
  readonly patient?: string;
  readonly timezone: string;
  readonly templates?: readonly string[];
  readonly merge?: Merge;
  readonly approval?: Approval;
  readonly serviceCalendar?: ServiceCalendar;
  readonly schedules: readonly Schedule[];
  readonly escalations: readonly Escalation[];
  /** Device status codes that make a reading unusable. */
  readonly fatalDeviceStatus?: readonly string[];
  /** Judges measures without limits by NEWS2's single-parameter-3 limits, as red. */
  readonly safetyNet?: 'news2-3' | null;
  /** Which saturation scale NEWS2 is scored by. Default `scale-1`; `scale-2` only on a prescribed target of 88–92 %. */
  readonly news2?: 'scale-1' | 'scale-2';
  readonly ebp?: { readonly green?: EbpZone; readonly yellow?: EbpZone; readonly red?: EbpZone };
}

/** A complete plan: no names of the library are left in it. The engine, the hash and the CarePlan use this one. */
export interface RuleSet extends RuleSetFrame {
  readonly measures: Readonly<Record<string, Measure>>;
  readonly rules: readonly Rule[];
}

/** A plan that may refer to measures and rules of a library by name. */
export interface NamedRuleSet extends RuleSetFrame {
  readonly measures: Readonly<Record<string, Measure | string>>;
  readonly rules: readonly (Rule | string)[];
}

/** Measures and rules by name. A rule's name is its id. */
export interface Library {
  readonly fatalDeviceStatus?: readonly string[];
  readonly measures: Readonly<Record<string, Measure>>;
  readonly rules: Readonly<Record<string, Rule>>;
}

/** Whether a measure consists of several values. */
export function isComponentMeasure(measure: Measure): measure is ComponentMeasure {
  return 'components' in measure;
}
