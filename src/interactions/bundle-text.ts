import { instant } from '../kernel/clock.js';

export interface BundleEntryText {
  readonly fullUrl?: string;
  /** The resource as stored text; put in as it is. */
  readonly resourceText?: string;
  /** search, request, response. */
  readonly rest?: object;
}

export interface BundleParts {
  readonly id: string;
  readonly type: 'searchset' | 'history' | 'batch-response' | 'transaction-response';
  readonly total?: number;
  readonly links?: readonly { readonly relation: string; readonly url: string }[];
  readonly entries: readonly BundleEntryText[];
  /** Milliseconds since 1970. */
  readonly at?: number;
}

/**
 * A Bundle as text: stored resources are concatenated, not parsed and serialised (decision 2).
 * https://hl7.org/fhir/R4/bundle.html
 */
export function bundleText(parts: BundleParts): string {
  const head = {
    resourceType: 'Bundle',
    id: parts.id,
    ...(parts.at === undefined ? {} : { meta: { lastUpdated: instant(parts.at) } }),
    type: parts.type,
    ...(parts.total === undefined ? {} : { total: parts.total }),
    ...(parts.links === undefined || parts.links.length === 0 ? {} : { link: parts.links }),
  };
  const text = JSON.stringify(head);
  if (parts.entries.length === 0) return text;
  return `${text.slice(0, -1)},"entry":[${parts.entries.map(entryText).join(',')}]}`;
}

function entryText({ fullUrl, resourceText, rest }: BundleEntryText): string {
  const members: string[] = [];
  if (fullUrl !== undefined) members.push(`"fullUrl":${JSON.stringify(fullUrl)}`);
  if (resourceText !== undefined) members.push(`"resource":${resourceText}`);
  if (rest !== undefined) {
    const text = JSON.stringify(rest);
    if (text !== '{}') members.push(text.slice(1, -1));
  }
  return `{${members.join(',')}}`;
}
