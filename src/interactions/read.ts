// https://hl7.org/fhir/R4/http.html#read, conditional: https://hl7.org/fhir/R4/http.html#cread
import { absent } from '../access/decide.js';
import { Failure } from '../kernel/failure.js';
import { accessEntry } from './audit-access.js';
import { shownVersion } from './part-of.js';
import type { Context, FhirRequest, FhirResponse } from './request.js';
import { etag, notModified } from './respond.js';

/** The current version, exactly as it is stored. What may not be seen is not there. */
export async function read(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const { services, principal } = context;
  const [type, id] = request.segments as [string, string];
  const row = await services.read(
    { type, id },
    principal,
    accessEntry(context, { action: 'read', type, ids: [`${type}/${id}`] }),
  );
  if (row === undefined) throw absent(type);
  if (row.text === null) throw new Failure('gone', `This ${type} was deleted.`);
  if (notModified(request, row)) return { status: 304, headers: { ETag: etag(row.version) } };
  return shownVersion(request, { ...row, text: row.text }, context);
}
