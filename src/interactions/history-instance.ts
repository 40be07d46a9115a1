// https://hl7.org/fhir/R4/http.html#history
import { absent, rowScope } from '../access/decide.js';
import { isLogEntry } from '../access/log-entry.js';
import { keyOf } from '../fhir/resource.js';
import { withQuery } from '../search/parse/query-pairs.js';
import { instanceHistory } from '../storage/resources.js';
import { accessEntry } from './audit-access.js';
import { bundleText } from './bundle-text.js';
import { historyEntry, wholeNumber } from './history-entry.js';
import { historyAsked } from './history-parameters.js';
import type { Context, FhirRequest, FhirResponse } from './request.js';
import { mayShowVersion } from './within-narrowings.js';

/** The versions of one resource, newest first, paged by version number. */
export async function historyInstance(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const { services, principal } = context;
  const [type, id] = request.segments as [string, string];
  const asked = historyAsked(request, context);
  const { count, since, at, pairs } = asked;
  const before = asked.before === undefined ? undefined : wholeNumber(asked.before, '_before');
  // One more than is shown tells whether there is a next page.
  const page = {
    count: count + 1,
    ...(before === undefined ? {} : { before }),
    ...(since === undefined ? {} : { since }),
    ...(at === undefined ? {} : { at }),
  };
  if (isLogEntry({ type, id })) return historyOfEntry(id, asked, context);
  const found = await instanceHistory(services.pool, { type, id }, page, {
    scope: rowScope(principal, services.clock.now(), 'read'),
    dictionary: services.dictionary,
  });
  await services.audit(
    accessEntry(context, { action: 'history', type, ids: [`${type}/${id}`], outcome: found === undefined ? 4 : 0 }),
  );
  if (found === undefined) throw absent(type);
  const self = `${services.base}/${type}/${id}/_history`;
  const versions = found.versions.slice(0, count);
  const next =
    found.versions.length > count
      ? [...pairs.filter(([name]) => name !== '_before'), ['_before', String(versions.at(-1)?.version)] as const]
      : undefined;
  return {
    status: 200,
    headers: {},
    body: bundleText({
      id: services.ids.next(),
      type: 'history',
      at: services.clock.now(),
      ...(since === undefined && at === undefined ? { total: found.total } : {}),
      links: [
        { relation: 'self', url: withQuery(self, pairs) },
        ...(next === undefined || count === 0 ? [] : [{ relation: 'next', url: withQuery(self, next) }]),
      ],
      entries: versions
        .filter((version) => mayShowVersion(principal, 'history-instance', version, services.registry))
        .map((version) => historyEntry(version, services.base, asked.part)),
    }),
  };
}

/** An entry of the log has one version, and stays. */
async function historyOfEntry(
  id: string,
  { pairs, part }: ReturnType<typeof historyAsked>,
  context: Context,
): Promise<FhirResponse> {
  const { services, principal } = context;
  const key = { type: 'AuditEvent', id };
  const row = await services.read(
    key,
    principal,
    accessEntry(context, { action: 'history', type: 'AuditEvent', ids: [keyOf(key)] }),
  );
  if (row === undefined) throw absent('AuditEvent');
  const self = `${services.base}/${keyOf(key)}/_history`;
  return {
    status: 200,
    headers: {},
    body: bundleText({
      id: services.ids.next(),
      type: 'history',
      at: services.clock.now(),
      total: 1,
      links: [{ relation: 'self', url: withQuery(self, pairs) }],
      entries: [historyEntry({ ...row, isNew: true, isPatched: false }, services.base, part)],
    }),
  };
}
