import type { Principal } from '../../access/principal.js';
import type { Change } from '../../fhir/change.js';
import type { StoredState } from '../../storage/followup-state.js';
import type { NewJob } from '../../storage/jobs.js';
import type { Queryable } from '../../storage/pool.js';
import type { Resource } from '../../fhir/resource.js';
import type { CurrentRow } from '../../storage/resources.js';
import type { View } from '../commit-types.js';
import type { Planned } from './planned.js';

/** What the follow-up module makes of a commit's changes. */
export interface Reaction {
  /** Alerts, tasks, zone – all `by: 'module'`. */
  readonly changes: readonly Change[];
  /** New engine states, with the controller they belong to. */
  readonly states: readonly (StoredState & { readonly controller: number })[];
  /** Durable work that is due: re-evaluation after a failure, messages to send. */
  readonly jobs: readonly NewJob[];
  /** Measurements (`Observation/1`) that were found to lie outside the approved limits. */
  readonly outsideLimits?: readonly string[];
}

export interface ReactionRequest {
  readonly tx: Queryable;
  readonly view: View;
  readonly planned: readonly Planned[];
  readonly by: Principal;
  readonly now: number;
  /** Patient keys whose time is judged. */
  readonly judgeTime: readonly number[];
  /** Resources that are looked at again, as they stand. */
  readonly reconsider: readonly { readonly row: CurrentRow; readonly resource: Resource }[];
}

/** The follow-up module as the write path sees it. */
export interface FollowUp {
  /** May a resource of the type feed the engine, so that the patient's lock and state are needed? */
  concerns(type: string): boolean;
  /** Pure decisions over facts read through `tx`, under the patient locks. May throw: then `failed` is asked. */
  react(request: ReactionRequest): Promise<Reaction>;
  /** The engine threw: the change commits all the same, with a technical alert and a re-evaluation (decision 11). */
  failed(request: ReactionRequest, error: unknown): Promise<Reaction>;
  /** After the rows are written: keeps the index of open alerts (decision 5). */
  record(tx: Queryable, written: readonly Planned[]): Promise<void>;
}
