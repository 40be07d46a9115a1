// https://hl7.org/fhir/R4/search.html#summary – also of a read
import type { VersionRow } from '../storage/resources.js';
import { Failure } from '../kernel/failure.js';
import { parametersOf, type Context, type FhirRequest, type FhirResponse } from './request.js';
import { resourceResponse } from './respond.js';
import { subsetter } from './subset.js';

const summaries = ['true', 'text', 'data', 'false'] as const;

/** A stored version, or the part of it that `_summary` or `_elements` asks for. */
export function shownVersion(
  request: FhirRequest,
  row: VersionRow & { text: string },
  { services }: Context,
): FhirResponse {
  return resourceResponse({ ...row, text: shownPart(request, services)(row.text) });
}

/** How a resource's text is shown: whole, or the part that `_summary` or `_elements` asks for. @throws Failure invalid */
export function shownPart(
  request: FhirRequest,
  { definitions }: Pick<Context['services'], 'definitions'>,
): (text: string) => string {
  const value = (name: string): string | undefined =>
    parametersOf(request).find(([key, text]) => key === name && text !== '')?.[1];
  const summary = value('_summary') ?? 'false';
  const known = summaries.find((one) => one === summary);
  if (known === undefined) throw new Failure('invalid', `_summary takes ${summaries.join(', ')}.`);
  const elements = (value('_elements') ?? '').split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]));
  return subsetter({ summary: known, elements }, definitions);
}
