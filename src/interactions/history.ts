// https://hl7.org/fhir/R4/http.html#history – of a type and of everything
import { decide, rowScope } from '../access/decide.js';
import { Failure } from '../kernel/failure.js';
import { withQuery } from '../search/parse/query-pairs.js';
import type { LogPosition } from '../storage/change-log.js';
import { logHistory } from '../storage/log-history.js';
import { storageFailure } from '../storage/transaction.js';
import { accessEntry } from './audit-access.js';
import { bundleText } from './bundle-text.js';
import { historyEntry } from './history-entry.js';
import { historyAsked } from './history-parameters.js';
import type { Context, FhirRequest, FhirResponse } from './request.js';
import { mayShowVersion } from './within-narrowings.js';

/** Milliseconds that a create may wait for others before its transaction begins. */
const margin = 5000;

/**
 * Every version, latest commit first. Whoever goes on with `_since` from `Bundle.meta.lastUpdated` misses nothing: what was
 * not committed yet when this was read is later than that.
 */
export async function history(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const { services, principal } = context;
  const type = request.segments.length === 2 ? request.segments[0] : undefined;
  const asked = historyAsked(request, context, type === undefined ? ['_type'] : []);
  const { count, since, at, before, pairs } = asked;
  const types = type === undefined ? await typesAllowed(asked.types, context) : [type];
  const now = services.clock.now();
  const found = await logHistory(
    services.pool,
    {
      types,
      limit: count,
      ...(since === undefined ? {} : { since }),
      ...(at === undefined ? {} : { at }),
      ...(before === undefined ? {} : { before: position(before) }),
    },
    { scope: rowScope(principal, now, 'search'), dictionary: services.dictionary },
  ).catch((error: unknown) => Promise.reject(storageFailure(error)));
  await services.audit(
    accessEntry(context, {
      action: 'history',
      ...(type === undefined ? {} : { type }),
      ids: [...new Set(found.versions.map((row) => `${row.type}/${row.id}`))],
    }),
  );
  const shown = found.versions.filter((row) => mayShowVersion(principal, 'history-type', row, services.registry));
  const self = `${services.base}/${request.segments.join('/')}`;
  const next =
    found.next === undefined || count === 0
      ? []
      : [
          {
            relation: 'next',
            url: withQuery(self, [
              ...pairs.filter(([name]) => name !== '_before'),
              ['_before', `${found.next.xid}.${found.next.seq}`],
            ]),
          },
        ];
  return {
    status: 200,
    headers: {},
    body: bundleText({
      id: services.ids.next(),
      type: 'history',
      at: now - found.running - margin,
      links: [{ relation: 'self', url: withQuery(self, pairs) }, ...next],
      entries: shown.map((row) => historyEntry(row, services.base, asked.part)),
    }),
  };
}

/** The types whose history the caller may read, or those of them that `_type` names. A denial is audited (decision 18). */
async function typesAllowed(wanted: string | undefined, context: Context): Promise<readonly string[]> {
  const { registry } = context.services;
  const names = wanted === undefined ? [...registry.types] : wanted.split(',').map((name) => name.trim());
  if (names.some((name) => !registry.types.has(name)))
    throw new Failure('invalid', '_type names what is not a resource type.');
  const decisions = names.map((name) => ({ name, decision: decide(context.principal, 'history-system', name) }));
  const allowed = decisions.flatMap(({ name, decision }) => (decision.allowed ? [name] : []));
  const [denied] = decisions.flatMap(({ decision }) => (decision.allowed ? [] : [decision.failure]));
  if (denied === undefined || (allowed.length > 0 && wanted === undefined)) return allowed;
  await context.services.audit(accessEntry(context, { action: 'history', outcome: 4, detail: 'denied' }));
  throw denied;
}

function position(text: string): LogPosition {
  const match = /^(\d{1,19})\.(\d{1,15})$/.exec(text);
  if (match === null) throw new Failure('invalid', '_before is no place that this server gave.');
  return { xid: match[1]!, seq: Number(match[2]) };
}
