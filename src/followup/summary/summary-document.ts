/** `Patient/$dho-summary`: the summary as a document. https://hl7.org/fhir/R4/documents.html */
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import type { Ids } from '../../kernel/ids.js';
import { many, type Reference } from '../vocabulary/element.js';
import { system } from '../vocabulary/systems.js';
import { drawingSvg, escaped } from '../trend/drawing-svg.js';
import { rangeOfTime } from '../trend/trend-words.js';
import { type SummaryFacts, type SummarySection, summarySections } from './summary-sections.js';

export interface DocumentFacts extends SummaryFacts {
  /** Public base URL: entries keep the address they are read at. */
  readonly base: string;
  /** The centre that runs the service. */
  readonly author: Reference;
  readonly ids: Ids;
}

const xhtml = 'http://www.w3.org/1999/xhtml';

/**
 * → Bundle of type document: Composition with narrative first, then the patient and what the sections name. The charts are
 * Binary entries (image/svg+xml), which the narrative shows by `img`.
 */
export function summaryDocument(facts: DocumentFacts): Resource {
  const { patient, ids, now, base, author, range } = facts;
  const sections = summarySections(facts);
  const addressOf = (resource: Resource): string => `${base}/${resource.resourceType}/${resource.id}`;
  const binaries: { readonly fullUrl: string; readonly resource: Resource }[] = [];
  const composition: Resource = {
    resourceType: 'Composition',
    id: ids.next(),
    status: 'final',
    type: { coding: [{ system: system.loinc, code: '34133-9', display: 'Summary of episode note' }] },
    category: [{ coding: [{ system: system.vkpCompositionCategory, code: '2', display: 'Digital hjemmeoppfølging' }] }],
    subject: { reference: `Patient/${patient.id}` },
    date: instant(now),
    author: [author],
    title: `Digital hjemmeoppfølging: sammendrag, ${rangeOfTime(range, now)}`,
    section: sections.map((one) => {
      const images = one.charts.map(({ words, drawing }) => {
        const id = ids.next();
        const data = Buffer.from(drawingSvg(drawing, words)).toString('base64');
        const fullUrl = `urn:uuid:${id}`;
        binaries.push({ fullUrl, resource: { resourceType: 'Binary', id, contentType: 'image/svg+xml', data } });
        return { words, fullUrl };
      });
      const entry = [
        ...one.entries.map((resource) => ({ reference: `${resource.resourceType}/${resource.id}` })),
        ...images.map(({ fullUrl, words }) => ({ reference: fullUrl, display: words })),
      ];
      return {
        title: one.heading,
        text: { status: 'generated', div: narrative(one, images) },
        ...(entry.length === 0 ? {} : { entry }),
      };
    }),
  };
  const named = new Map([patient, ...sections.flatMap(({ entries }) => entries)].map((one) => [addressOf(one), one]));
  return {
    resourceType: 'Bundle',
    id: ids.next(),
    identifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${ids.next()}` },
    type: 'document',
    timestamp: instant(now),
    entry: [
      { fullUrl: `urn:uuid:${composition.id}`, resource: composition },
      ...[...named].map(([fullUrl, resource]) => ({ fullUrl, resource })),
      ...binaries,
    ],
  };
}

/** https://hl7.org/fhir/R4/narrative.html */
function narrative(
  { lines }: SummarySection,
  images: readonly { readonly words: string; readonly fullUrl: string }[],
): string {
  const items = lines.map((line) => `<li>${escaped(line)}</li>`).join('');
  const charts = images.map(({ words, fullUrl }) => `<p><img src="${fullUrl}" alt="${escaped(words)}"/></p>`).join('');
  return `<div xmlns="${xhtml}"><ul>${items}</ul>${charts}</div>`;
}

/** `Ola Prøvepasient, født 12.03.1948`. */
export function patientLine(patient: Resource): string {
  const [name] = many<{ readonly family?: string; readonly given?: readonly string[]; readonly text?: string }>(
    patient.name,
  );
  const words = name?.text ?? [...(name?.given ?? []), name?.family ?? ''].join(' ').trim();
  const born =
    typeof patient.birthDate === 'string' ? `, født ${patient.birthDate.split('-').toReversed().join('.')}` : '';
  return `${words}${born}`;
}
