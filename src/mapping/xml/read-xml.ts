import { XmlAttribute, XmlCData, XmlElement as WasmElement, XmlText } from 'libxml2-wasm';
import { withSafeXml } from '../../fhir/xml/safe-document.js';
import { Failure } from '../../kernel/failure.js';
import type { XmlElement } from './xml-element.js';

/** Larger than the 10 MB that the health network carries, base64 included. */
export const defaultXmlLimit = 15 * 1024 * 1024;

/**
 * Reads well-formed XML (https://www.w3.org/TR/xml/) in UTF-8, UTF-16 or ISO-8859-1 into plain objects.
 *
 * A document type declaration is refused whole, so there are no entities, defaults or external references to follow;
 * the parser never opens a file or a socket. Depth is limited to 256 by the parser.
 *
 * @throws Failure `too-large` above `limit` bytes, `invalid` for anything that is not well-formed or has a DOCTYPE
 */
export function readXml(bytes: Uint8Array, limit = defaultXmlLimit): XmlElement {
  if (bytes.length > limit) throw new Failure('too-large', `The message is larger than ${limit} bytes.`);
  return withSafeXml(bytes, 'The message', ({ root }) => plain(root));
}

function plain(element: WasmElement): XmlElement {
  const attributes: Record<string, string> = {};
  for (const attribute of element.attrs)
    if (attribute instanceof XmlAttribute) attributes[attribute.name] = attribute.value;
  const children: XmlElement[] = [];
  let text = '';
  for (let node = element.firstChild; node !== null; node = node.next) {
    if (node instanceof WasmElement) children.push(plain(node));
    else if (node instanceof XmlText || node instanceof XmlCData) text += node.content;
  }
  return { name: element.name, namespace: element.namespaceUri, attributes, children, text: text.trim() };
}
