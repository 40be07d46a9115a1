import { instant } from '../kernel/clock.js';
import { bodyText } from './request.js';

export interface BundleEntryText {
  readonly fullUrl?: string;
  /** The resource as stored text, or the UTF-8 of it; put in as it is. */
  readonly resourceText?: string | Uint8Array;
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
export const bundleText = (parts: BundleParts): string => bodyText(bundlePieces(parts));

/** The same in pieces. Measured: joining and encoding 100 Observations cost more than everything else of their page. */
export function bundlePieces(parts: BundleParts): (string | Uint8Array)[] {
  const head = {
    resourceType: 'Bundle',
    id: parts.id,
    ...(parts.at === undefined ? {} : { meta: { lastUpdated: instant(parts.at) } }),
    type: parts.type,
    ...(parts.total === undefined ? {} : { total: parts.total }),
    ...(parts.links === undefined || parts.links.length === 0 ? {} : { link: parts.links }),
  };
  const text = JSON.stringify(head);
  if (parts.entries.length === 0) return [text];
  const pieces: (string | Uint8Array)[] = [];
  let between = `${text.slice(0, -1)},"entry":[`;
  parts.entries.forEach((entry, at) => {
    between = addEntry(pieces, entry, at === 0 ? `${between}{` : `${between},{`);
  });
  pieces.push(`${between}]}`);
  return pieces;
}

/** Adds the entry, but for what of it comes after the resource: that is returned. */
function addEntry(
  pieces: (string | Uint8Array)[],
  { fullUrl, resourceText, rest }: BundleEntryText,
  begin: string,
): string {
  let text = begin;
  let comma = '';
  if (fullUrl !== undefined) {
    text += `"fullUrl":${JSON.stringify(fullUrl)}`;
    comma = ',';
  }
  if (resourceText !== undefined) {
    pieces.push(`${text}${comma}"resource":`, resourceText);
    text = '';
    comma = ',';
  }
  const members = rest === undefined ? '' : membersOf(rest);
  return members === '' ? `${text}}` : `${text}${comma}${members}}`;
}

const known = new WeakMap<object, string>();

/** JSON members without the braces; objects that come again, such as the mode of a match, are written once. */
function membersOf(rest: object): string {
  let text = known.get(rest);
  if (text === undefined) known.set(rest, (text = JSON.stringify(rest).slice(1, -1)));
  return text;
}
