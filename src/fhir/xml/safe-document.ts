import { ParseOption, XmlDocument, XmlParseError } from 'libxml2-wasm';
import { Failure } from '../../kernel/failure.js';

const option = ParseOption.XML_PARSE_NO_XXE | ParseOption.XML_PARSE_NONET | ParseOption.XML_PARSE_NO_SYS_CATALOG;

/**
 * Does `work` on a well-formed document (https://www.w3.org/TR/xml/), which is freed afterwards.
 *
 * A document type declaration is refused whole, so there are no entities, defaults or external references to follow; the
 * parser never opens a file or a socket. Depth is limited to 256 by the parser, one attribute or text to 10 MB.
 *
 * @param what begins the sentence of a refusal: `The message`
 * @throws Failure `invalid` for anything that is not well-formed or has a DOCTYPE
 */
export function withSafeXml<T>(source: Uint8Array | string, what: string, work: (document: XmlDocument) => T): T {
  const document = parse(source, what);
  try {
    if (document.dtd !== null)
      throw new Failure(
        'invalid',
        `${what} has a document type declaration (DOCTYPE); entities and external references are not accepted.`,
        { code: 'structure' },
      );
    return work(document);
  } finally {
    document.dispose();
  }
}

function parse(source: Uint8Array | string, what: string): XmlDocument {
  try {
    return typeof source === 'string'
      ? XmlDocument.fromString(source, { option })
      : XmlDocument.fromBuffer(source, { option });
  } catch (cause) {
    // The parser's own words may repeat what was sent, so only the place is told.
    const at = cause instanceof XmlParseError ? cause.details.find((detail) => detail.line > 0) : undefined;
    const place = at === undefined ? '' : ` at line ${at.line}${at.col > 0 ? `, column ${at.col}` : ''}`;
    throw new Failure('invalid', `${what} is not well-formed XML${place}.`, { cause, code: 'structure' });
  }
}
