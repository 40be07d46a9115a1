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
  const value = (name: string): string | undefined =>
    parametersOf(request).find(([key, text]) => key === name && text !== '')?.[1];
  const summary = value('_summary') ?? 'false';
  const known = summaries.find((one) => one === summary);
  if (known === undefined) throw new Failure('invalid', `_summary takes ${summaries.join(', ')}.`);
  const elements = (value('_elements') ?? '').split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]));
  return resourceResponse({ ...row, text: subsetter({ summary: known, elements }, services.definitions)(row.text) });
}
