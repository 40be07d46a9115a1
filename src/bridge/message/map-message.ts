import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import { fhirDateTime } from '../../mapping/message-time.js';
import { presentName } from '../../mapping/plo/message-types.js';
import { type Parameters, runMap } from '../../mapping/run-map.js';
import type { XmlElement } from '../../mapping/xml/xml-element.js';
import type { MessageParts } from '../message-parts.js';
import type { Arrived } from './arrived.js';
import { messageIdSystem } from './identifiers.js';

/**
 * Runs the map of the message's type.
 *
 * @throws Failure `unprocessable` (T02) when the content is not what the type of the message says, or lacks what the map requires
 */
export function mapMessage({ head }: Arrived, { maps }: MessageParts, parameters: Parameters): readonly Resource[] {
  const map = maps.forMessage(presentName(head.type.code));
  if (map === undefined) throw new Failure('fault', `There is no map for ${head.type.code}.`);
  const { resources, missing } = runMap(map, head.root, {
    messageIdentifier: { system: messageIdSystem, value: head.id },
    authoredOn: fhirDateTime(head.generated),
    ...parameters,
  });
  if (resources[0] === undefined)
    throw new Failure('unprocessable', `Innholdet er ikke en ${head.type.code} i en versjon som støttes.`);
  if (missing.length > 0) throw new Failure('unprocessable', `Meldingen mangler ${missing.join(', ')}.`);
  return resources;
}

/** Paths with content that the map of the type has no place for; they stand in the original only. */
export function unmappedOf({ head }: Arrived, { maps }: MessageParts): readonly string[] {
  const map = maps.forMessage(presentName(head.type.code));
  // EPJ-innhold comes in several documents, and its map reads them all.
  const alone = head.root.name !== 'MsgHead' || presentName(head.type.code) === 'EPJ-EKSTRAKT';
  const furtherDocuments = alone ? [] : documentsLeft(head.root);
  return map === undefined ? furtherDocuments : [...runMap(map, head.root).unmapped, ...furtherDocuments];
}

/** Documents after the first that are neither read nor kept as attachments: other XML, and what is only referred to. */
const documentsLeft = (root: XmlElement): readonly string[] =>
  root.children
    .filter(({ name }) => name === 'Document')
    .slice(1)
    .flatMap((document, index) => {
      const parts = document.children.flatMap(({ children }) => children);
      const left = parts.some(
        ({ name, children }) =>
          name === 'FileReference' ||
          (name === 'Content' && children.some((inner) => inner.name !== 'Base64Container')),
      );
      return left ? [`Document[${index + 2}]`] : [];
    });
