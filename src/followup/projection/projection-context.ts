import type { Resource } from '../../fhir/resource.js';
import type { Ids } from '../../kernel/ids.js';
import type { RuleSet } from '../ruleset/grammar.js';
import type { Reference } from '../vocabulary/element.js';

export interface OpenAlertPair {
  readonly issue: Resource;
  readonly task: Resource | undefined;
}

/** What the projection knows besides the ops. */
export interface ProjectionContext {
  /** How new resources refer to the patient. */
  readonly patient: Reference;
  /** Logical id of the Patient, part of an alert's identity; never a national number. */
  readonly patientId: string;
  /** The plan in force, for kinds and deadlines; `reference` with its version: `CarePlan/1/_history/3`. */
  readonly plan?: { readonly reference: string; readonly ruleSet: RuleSet } | undefined;
  /** Open alerts by rule. */
  readonly openAlerts: ReadonlyMap<string, OpenAlertPair>;
  /** The latest closed alert by rule, to which a new one is linked. */
  readonly closedAlerts?: ReadonlyMap<string, Resource>;
  /** The patient's open Tasks of the worklist, so that nothing is put there twice. */
  readonly openTasks: readonly Resource[];
  /** The patient's active Flags. */
  readonly flags: readonly Resource[];
  /** The centre: owner of the Tasks. */
  readonly owner: Reference;
  /** After-hours desks by name (`home-care`, `legevakt`): owner of a red alert while the centre is closed. */
  readonly desks?: Readonly<Record<string, Reference>>;
  /** Green alerts are switched off for the patient. */
  readonly greenOff?: boolean;
  /** Does the service run with a plan in force? Then the patient has a zone. */
  readonly monitored: boolean;
  /** Response time for red, ms. */
  readonly redResponse: number;
  readonly now: number;
  readonly ids: Ids;
}
