import type { Condition } from '../search/parse/request.js';
import { Failure } from '../kernel/failure.js';

/**
 * SMART scopes, versions 1 and 2. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
 */
export type ScopeLevel = 'patient' | 'user' | 'system';

/** Create, read (with vread and instance history), update (with patch), delete, search (with type history). */
export type Permission = 'c' | 'r' | 'u' | 'd' | 's';

export interface Scope {
  readonly level: ScopeLevel;
  /** A resource type, or `*`. */
  readonly type: string;
  readonly permissions: readonly Permission[];
  /** Narrowing search query of a version 2 scope, without `?`. */
  readonly query?: string;
  /** The query, where it is understood and can be held against rows. */
  readonly conditions?: readonly Condition[];
}

export type Interaction =
  | 'create'
  | 'read'
  | 'vread'
  | 'history-instance'
  | 'update'
  | 'patch'
  | 'delete'
  | 'search'
  | 'history-type'
  | 'history-system';

const permissionOf: Readonly<Record<Interaction, Permission>> = {
  create: 'c',
  read: 'r',
  vread: 'r',
  'history-instance': 'r',
  update: 'u',
  patch: 'u',
  delete: 'd',
  search: 's',
  'history-type': 's',
  'history-system': 's',
};

const version1: Readonly<Record<string, readonly Permission[]>> = {
  read: ['r', 's'],
  write: ['c', 'u', 'd'],
  '*': ['c', 'r', 'u', 'd', 's'],
};

const form = /^(patient|user|system)\/(\*|[A-Z][A-Za-z]{1,63})\.([a-z]+|\*)(?:\?([^?#\s]+))?$/;
const inOrder = /^c?r?u?d?s?$/;

/**
 * One SMART scope, `system/Observation.rs` or `user/Observation.read`.
 *
 * @throws Failure('invalid') for anything else; letters must stand in the order c, r, u, d, s
 */
export function parseScope(text: string): Scope {
  const match = form.exec(text);
  const [, level, type, letters = '', query] = match ?? [];
  const permissions =
    version1[letters] ?? (letters !== '' && inOrder.test(letters) ? ([...letters] as Permission[]) : undefined);
  if (
    match === null ||
    permissions === undefined ||
    (query !== undefined && (letters in version1 || !query.includes('=')))
  ) {
    throw new Failure(
      'invalid',
      'A scope is not a SMART scope: it must read like system/Observation.rs, with letters of cruds in that order.',
    );
  }
  return { level: level as ScopeLevel, type: type!, permissions, ...(query !== undefined && { query }) };
}

/** What begins like a SMART scope is meant to be one. */
export const scopePattern = /^(?:patient|user|system)\//;

/**
 * The SMART scopes among the scopes of a token. Others (`openid`, `offline_access`, `nhn:api/name`) say nothing about
 * resources and are passed over, unless `meaning` gives the SMART scopes they stand for.
 *
 * @param claim space-separated text or a list; both are in use
 * @param meaning the issuer's own scopes → SMART scopes
 * @throws Failure('invalid') when a scope that begins like a SMART scope is not one
 */
export function parseScopes(
  claim: string | readonly string[],
  meaning: Readonly<Record<string, readonly string[]>> = {},
): readonly Scope[] {
  const texts = typeof claim === 'string' ? claim.split(/\s+/).filter((text) => text !== '') : claim;
  return texts
    .flatMap((text) => (Object.hasOwn(meaning, text) ? meaning[text]! : [text]))
    .filter((text) => scopePattern.test(text))
    .map(parseScope);
}

/** Whether one of the scopes permits the interaction with the type. `type` `*` asks for every type (system history). */
export const allows = (scopes: readonly Scope[], type: string, interaction: Interaction): boolean =>
  scopes.some((scope) => permits(scope, type, interaction));

/**
 * Whether the scope permits the interaction with the type, narrowed or not. One with a query that is not understood permits
 * nothing: it must not be read as the wider scope without it.
 */
export const permits = (scope: Scope, type: string, interaction: Interaction): boolean =>
  (scope.query === undefined || scope.conditions !== undefined) &&
  (scope.type === '*' || scope.type === type) &&
  scope.permissions.includes(permissionOf[interaction]);

/** The scope as text, in the spelling of version 2. */
export function scopeText(scope: Scope): string {
  return `${scope.level}/${scope.type}.${scope.permissions.join('')}${scope.query === undefined ? '' : `?${scope.query}`}`;
}
