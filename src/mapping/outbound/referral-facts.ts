// What every version of a referral takes from its ServiceRequest.
import type { Resource } from '../../fhir/resource.js';
import { codeSystemOf } from '../code-systems.js';
import { fhirDateTime } from '../message-time.js';
import type { Concept } from '../concept.js';

interface Identifier {
  readonly system?: string;
  readonly value?: string;
}

const identifierOf = (request: Resource, name: string): string | undefined =>
  ((request.identifier ?? []) as readonly Identifier[]).find(
    ({ system }) => system === `http://hjemmebro.no/fhir/${name}`,
  )?.value;

/** DocumentId, the same through change and cancellation. */
export const documentIdOf = (request: Resource): string | undefined => identifierOf(request, 'referral-document-id');

/** What a discharge summary names the referral by that it answers. */
export const answeredIdOf = (request: Resource): string =>
  documentIdOf(request) ?? identifierOf(request, 'message-id') ?? String(request.id);

/** When the referral was written, as messages carry it; empty where nothing says. */
export const issuedAt = ({ authoredOn, meta }: Resource): string =>
  fhirDateTime(String(authoredOn ?? meta?.lastUpdated ?? '')) ?? '';

/** 8306. */
export const priorityNames: Readonly<Record<string, string>> = {
  '0': 'Øyeblikkelig hjelp',
  '3': 'Haster (elektiv)',
  N: 'Elektiv/Ordinær (elektiv)',
  PK: 'Pakkeforløp for kreft (elektiv)',
};

/** 8455; treatment or investigation where the request does not say. */
export function contentKind({ category }: Resource): { readonly code: string; readonly display: string } {
  const own = ((category ?? []) as readonly Concept[])
    .flatMap(({ coding = [] }) => coding)
    .find(({ system }) => system === codeSystemOf('8455'));
  return own?.code === undefined
    ? { code: '10', display: 'Utredning/behandling' }
    : { code: own.code, display: own.display ?? kinds[own.code] ?? own.code };
}

const kinds: Readonly<Record<string, string>> = {
  '10': 'Utredning/behandling',
  '11': 'Råd til henviser',
  '99': 'Øvrige henvisninger',
};
