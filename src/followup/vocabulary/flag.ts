import type { Change } from '../../fhir/change.js';
import type { Ids } from '../../kernel/ids.js';
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import { type FlagCode, flagText } from './codes.js';
import { codeIn, type Reference } from './element.js';
import { created, updated } from './module-change.js';
import { structure, system } from './systems.js';

/** `zone`: the traffic light; `dho`: does the patient have the service, and is it paused? */
export type FlagKind = 'zone' | 'dho';

const kindOf = (flag: Resource): string | undefined => codeIn(flag.code, system.flag)?.split('-')[0];

export interface FlagFacts {
  readonly patient: Reference;
  /** The patient's active Flags of the module. */
  readonly flags: readonly Resource[];
  readonly now: number;
  readonly ids: Ids;
}

/**
 * One Flag per patient and kind, whose code follows the state: its history is the history of the zone.
 * `code` undefined ends it. Nothing changes when the code is already so. https://hl7.org/fhir/R4/flag.html
 */
export function flagChanges(facts: FlagFacts, kind: FlagKind, code: FlagCode | undefined): Change[] {
  const present = facts.flags.find((flag) => flag.status === 'active' && kindOf(flag) === kind);
  const at = instant(facts.now);
  if (present === undefined) return code === undefined ? [] : [created(newFlag(facts, code, at))];
  if (code === undefined) {
    return [updated(present, { status: 'inactive', period: { ...(present.period as object), end: at } })];
  }
  if (codeIn(present.code, system.flag) === code) return [];
  return [updated(present, { code: flagConcept(code), period: { start: at } })];
}

const flagConcept = (code: FlagCode) => ({
  coding: [{ system: system.flag, code, display: flagText[code] }],
  text: flagText[code],
});

function newFlag(facts: FlagFacts, code: FlagCode, at: string): Resource {
  return {
    resourceType: 'Flag',
    id: facts.ids.next(),
    meta: { profile: [structure('dho-flag')] },
    status: 'active',
    category: [{ coding: [{ system: system.flagCategory, code: 'dho', display: 'Digital hjemmeoppfølging' }] }],
    code: flagConcept(code),
    subject: facts.patient,
    period: { start: at },
  };
}
