/**
 * `EpisodeOfCare/$set-state`: a nurse's own assessment of the patient, beside the zone that follows from the alerts. Both
 * are kept, each a Flag. https://hl7.org/fhir/R4/flag.html
 */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import type { Ids } from '../../kernel/ids.js';
import type { ZoneColour } from '../ruleset/grammar.js';
import { flagText } from '../vocabulary/codes.js';
import { asReference, codeIn, type Reference } from '../vocabulary/element.js';
import { created, updated } from '../vocabulary/module-change.js';
import { structure, system } from '../vocabulary/systems.js';

export interface Assessment {
  readonly episode: Resource;
  /** The patient's active Flags. */
  readonly flags: readonly Resource[];
  /** Undefined: taken back, the alerts alone speak again. */
  readonly colour: ZoneColour | undefined;
  readonly reason: string;
  readonly by: Reference;
  readonly now: number;
  readonly ids: Ids;
}

/** → the Flag `state-<colour>` with author and reason; the one before it ends, so that each assessment is on record. */
export function setState({ episode, flags, colour, reason, by, now, ids }: Assessment): Change[] | Failure {
  if (episode.status !== 'active' && episode.status !== 'onhold')
    return new Failure('conflict', `The service is ${String(episode.status)}; who is followed up has a state.`, {
      expression: 'EpisodeOfCare.status',
    });
  const at = instant(now);
  const before = flags.find(isState);
  if (colour === undefined && before === undefined)
    return new Failure('conflict', 'No state has been set.', {
      expression: "Parameters.parameter.where(name='colour')",
    });
  if (reason.trim() === '')
    return new Failure('unprocessable', 'The state is set, and taken back, with a reason.', {
      expression: "Parameters.parameter.where(name='reason')",
      code: 'required',
    });
  const ended = before === undefined ? [] : [endedState(before, at)];
  if (colour === undefined) return ended;
  const code = `state-${colour}` as const;
  const flag: Resource = {
    resourceType: 'Flag',
    id: ids.next(),
    meta: { profile: [structure('dho-flag')] },
    status: 'active',
    category: [{ coding: [{ system: system.flagCategory, code: 'dho', display: 'Digital hjemmeoppfølging' }] }],
    code: { coding: [{ system: system.flag, code, display: flagText[code] }], text: `${flagText[code]}: ${reason}` },
    subject: asReference(episode.patient) ?? {},
    period: { start: at },
    author: by,
  };
  return [created(flag), ...ended];
}

/** Whether a Flag is a nurse's own assessment. */
export const isState = (flag: Resource): boolean => codeIn(flag.code, system.flag)?.startsWith('state-') === true;

/** An assessment ends: with the next one, taken back, or with the service. */
export const endedState = (flag: Resource, at: string): Change =>
  updated(flag, { status: 'inactive', period: { ...(flag.period as object), end: at } });
