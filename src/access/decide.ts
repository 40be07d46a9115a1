import { Failure } from '../kernel/failure.js';
import { representing } from './consent-permits.js';
import { narrowings } from './narrowing.js';
import type { Principal } from './principal.js';
import type { Narrowing, RowScope, Visibility } from './row-scope.js';
import { allows, type Interaction } from './scope.js';
import { mayWrite, visibilityFor } from './type-rules.js';

export interface Allow {
  readonly allowed: true;
  /** Which rows of the type; `rowScope` joins it into every query. */
  readonly visibility: Visibility;
}

export interface Deny {
  readonly allowed: false;
  /** 'forbidden': concerns the type as a whole, so it says nothing about single rows. */
  readonly failure: Failure;
}

const writes: ReadonlySet<Interaction> = new Set(['create', 'update', 'patch', 'delete']);

/**
 * Whether the caller may do this with resources of the type at all: scopes (decision 20) and the rule of the type.
 * Which rows is for `rowScope`, what may be written into them for `checkWrite`. Operations ask with the interaction that
 * they amount to: `$lastn` is a search of Observation, `$approve` an update of CarePlan.
 */
export function decide(principal: Principal, interaction: Interaction, type: string): Allow | Deny {
  // Patient scopes mean the one patient of the token; without one they mean nothing.
  const scopes = principal.scopes.filter((scope) => scope.level !== 'patient' || principal.patient !== undefined);
  if (!allows(scopes, type, interaction))
    return deny(`The access token has no scope that permits ${interaction} of ${type === '*' ? 'every type' : type}.`);
  if (type === '*') return { allowed: true, visibility: 'related' };
  const visibility = visibilityFor(principal.role, type);
  if (visibility === 'none') return deny(`This client has no access to ${type}.`);
  if (writes.has(interaction) && !mayWrite(principal, type, interaction))
    return deny(`This client may not write ${type}.`);
  return { allowed: true, visibility };
}

function deny(sentence: string): Deny {
  return { allowed: false, failure: new Failure('forbidden', sentence) };
}

/**
 * What the caller may see of each type, for every query: read, search, include, history, conditional writes and Bundle
 * entries alike. Types that no scope lets the caller read or search are `none`, so that an include cannot reach them.
 *
 * @param at moment at which relations must run, milliseconds since 1970; absent: the database's own
 * @param interaction whose scopes narrow the rows; absent: those of read and search together
 */
export function rowScope(principal: Principal, at?: number, interaction?: 'read' | 'search'): RowScope {
  const known = new Map<string, Visibility>();
  const narrowed = new Map<string, readonly Narrowing[] | undefined>();
  const isNarrowed = principal.scopes.some((scope) => scope.level === 'patient' || scope.query !== undefined);
  return {
    ...(principal.patient !== undefined && { patient: principal.patient }),
    ...(representing(principal.parties).length > 0 && { representing: representing(principal.parties) }),
    ...(isNarrowed && {
      narrowed(type: string) {
        if (!narrowed.has(type)) narrowed.set(type, readNarrowings(principal, type, interaction));
        return narrowed.get(type);
      },
    }),
    parties: principal.parties,
    controllers: principal.role === 'admin' ? '*' : [principal.controller, ...(principal.controllers ?? [])],
    ...(at !== undefined && { at }),
    visibility(type) {
      let visibility = known.get(type);
      if (visibility === undefined) known.set(type, (visibility = readable(principal, type)));
      return visibility;
    },
  };
}

/** Includes of a type that may only be read follow the scopes of reading, and the other way round. */
function readNarrowings(principal: Principal, type: string, interaction?: 'read' | 'search') {
  if (interaction !== undefined) {
    const found = narrowings(principal, [interaction], type);
    if (found === undefined || found.length > 0) return found;
  }
  return narrowings(principal, ['read', 'search'], type);
}

function readable(principal: Principal, type: string): Visibility {
  for (const interaction of ['read', 'search'] as const) {
    const decision = decide(principal, interaction, type);
    if (decision.allowed) return decision.visibility;
  }
  return 'none';
}

/**
 * The one answer for a row that is absent and for a row that the caller may not see: nobody can tell the two apart.
 * The id is not repeated: a client may have put an identity number there.
 */
export const absent = (type: string): Failure =>
  new Failure('not-found', `There is no such ${type}, or it is not one that this client may see.`);
