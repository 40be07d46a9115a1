// https://hl7.org/fhir/R4/http.html#vread
import { absent, rowScope } from '../access/decide.js';
import { isLogEntry } from '../access/log-entry.js';
import { Failure } from '../kernel/failure.js';
import { readVersion } from '../storage/resources.js';
import { accessEntry } from './audit-access.js';
import { shownVersion } from './part-of.js';
import { read } from './read.js';
import type { Context, FhirRequest, FhirResponse } from './request.js';
import { etag, notModified } from './respond.js';
import { mayShowVersion } from './within-narrowings.js';

/** One version, as it was stored then. */
export async function vread(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const { services, principal } = context;
  const [type, id, , version] = request.segments as [string, string, string, string];
  if (isLogEntry({ type, id }))
    return version === '1' ? read({ ...request, segments: [type, id] }, context) : absentEntry();
  const found = /^\d{1,9}$/.test(version)
    ? await readVersion(
        services.pool,
        { type, id },
        Number(version),
        rowScope(principal, services.clock.now(), 'read'),
        services.dictionary,
      )
    : undefined;
  const row = found !== undefined && mayShowVersion(principal, 'vread', found, services.registry) ? found : undefined;
  await services.audit(
    accessEntry(context, {
      action: 'vread',
      type,
      ids: [`${type}/${id}/_history/${version}`],
      outcome: row === undefined ? 4 : 0,
    }),
  );
  if (row === undefined) throw absent(type);
  if (row.text === null) throw new Failure('gone', `Version ${row.version} is the deletion of this ${type}.`);
  if (notModified(request, row)) return { status: 304, headers: { ETag: etag(row.version) } };
  return shownVersion(request, { ...row, text: row.text }, context);
}

/** An entry of the log has one version. */
function absentEntry(): never {
  throw absent('AuditEvent');
}
