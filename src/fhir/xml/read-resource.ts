// https://hl7.org/fhir/R4/xml.html
import { Failure } from '../../kernel/failure.js';
import type { Definitions } from '../definitions.js';
import { type Num, numFrom } from '../json-number.js';
import type { Resource } from '../resource.js';
import { type ElementField, elementShape, type ElementShape } from '../element-shape.js';
import { fhirNamespace, readXmlTree, xhtmlNamespace, type XmlNode } from './xml-tree.js';

type Content = Record<string, unknown>;

/**
 * FHIR XML → a resource as parsed JSON has it, number literals and narrative as written. Comments are dropped; elements may come
 * in any order, though those of one name keep theirs.
 *
 * @throws Failure `invalid` naming the element: not well-formed, not in FHIR's namespace, an element or attribute that R4
 *   does not define, text outside the narrative, a boolean or number that is none
 */
export const readFhirXml = (text: string, definitions: Definitions): Resource =>
  resourceOfTree(readXmlTree(text), definitions);

/** As `readFhirXml`, from the tree of a document. */
export function resourceOfTree(root: XmlNode, definitions: Definitions): Resource {
  if (root.namespace !== fhirNamespace)
    throw refused('Resource', `The root element must be in the namespace ${fhirNamespace}.`);
  return new ResourceReader(definitions).resource(root, root.name);
}

const refused = (expression: string, what: string): Failure =>
  new Failure('invalid', what, { expression, code: 'structure' });

/** What a client wrote is repeated only where it looks like an element's name. */
const shownName = (name: string): string => (/^[A-Za-z]\w{0,63}$/.test(name) ? name : 'in the XML');

class ResourceReader {
  constructor(private readonly definitions: Definitions) {}

  resource(node: XmlNode, path: string): Resource {
    const shape = this.definitions.isResourceType(node.name) ? elementShape(this.definitions, node.name) : undefined;
    if (shape === undefined || node.namespace !== fhirNamespace)
      throw refused(
        /^[A-Za-z.[\]\d]{1,500}$/.test(path) ? path : 'Resource',
        `The element ${shownName(node.name)} is no resource type of FHIR R4.`,
      );
    const resource = { resourceType: node.name } as Resource;
    this.attributes(node, undefined, resource, path);
    this.children(node, shape, resource, path);
    return resource;
  }

  /** Attributes of an element other than `value`. */
  private attributes(node: XmlNode, shape: ElementShape | undefined, into: Content, path: string): void {
    node.attributes.forEach((name, value) => {
      if (shape !== undefined && shape.get(name)?.kind === 'attribute') {
        if (value === '') throw refused(`${path}.${name}`, `The attribute ${name} may not be empty.`);
        into[name] = value;
      } else if (!ignored(name, node)) throw refused(path, `The attribute ${shownName(name)} has no place here.`);
    });
  }

  private children(node: XmlNode, shape: ElementShape, into: Content, path: string): void {
    if (node.text !== '' && /\S/.test(node.text))
      throw refused(path, 'There is text where only elements may stand; a value goes into the attribute value.');
    const extras = new Map<string, unknown[]>();
    for (const child of node.children) {
      const field = shape.get(child.name);
      if (field === undefined || field.kind === 'attribute')
        throw refused(path, `The element ${shownName(child.name)} is not known here.`);
      if (child.namespace !== (field.kind === 'xhtml' ? xhtmlNamespace : fhirNamespace))
        throw refused(`${path}.${field.name}`, `The element ${field.name} is in a wrong namespace.`);
      this.field(child, field, into, extras, path);
    }
    for (const [name, list] of extras) {
      if (!list.some((extra) => extra !== null)) continue;
      const field = shape.get(name)!;
      into[`_${name}`] = field.list ? list : list[0];
      const values = into[name];
      if (Array.isArray(values) && values.every((value) => value === null)) delete into[name];
    }
  }

  private field(node: XmlNode, field: ElementField, into: Content, extras: Map<string, unknown[]>, path: string): void {
    const { name, list } = field;
    const before = into[name] as unknown[] | undefined;
    const seen = extras.get(name);
    if (!list && (before !== undefined || seen !== undefined))
      throw refused(`${path}.${name}`, `The element ${name} may occur only once.`);
    const place = list ? `${path}.${name}[${before?.length ?? seen?.length ?? 0}]` : `${path}.${name}`;
    if (field.kind !== 'primitive') {
      const value = this.value(node, field, place);
      if (before === undefined) into[name] = list ? [value] : value;
      else before.push(value);
      return;
    }
    const { value, extra } = this.primitive(node, field, place);
    if (!list) {
      if (value !== undefined) into[name] = value;
      if (extra !== undefined) extras.set(name, [extra]);
      return;
    }
    if (before === undefined) into[name] = [value ?? null];
    else before.push(value ?? null);
    if (seen === undefined) extras.set(name, [extra ?? null]);
    else seen.push(extra ?? null);
  }

  private value(node: XmlNode, field: ElementField, path: string): unknown {
    if (field.kind === 'xhtml') return node.markup;
    if (field.kind === 'resource') return this.inner(node, path);
    const content: Content = {};
    this.attributes(node, field.shape(), content, path);
    this.children(node, field.shape(), content, path);
    for (const _any in content) return content;
    throw refused(path, 'An element must have a value or content; leave it out instead.');
  }

  private inner(node: XmlNode, path: string): Resource {
    this.attributes(node, undefined, {}, path);
    const [only, ...more] = node.children;
    if (only === undefined || more.length > 0 || /\S/.test(node.text))
      throw refused(path, 'There must be exactly one resource inside.');
    return this.resource(only, path);
  }

  private primitive(node: XmlNode, field: ElementField, path: string): { value?: unknown; extra?: Content } {
    const extra: Content = {};
    const literal = node.attributes.get('value');
    node.attributes.forEach((name, value) => {
      if (name === 'id') extra['id'] = value;
      else if (name !== 'value' && !ignored(name, node))
        throw refused(path, `The attribute ${shownName(name)} has no place here.`);
    });
    if (node.children.length > 0 || node.text !== '') this.children(node, field.shape(), extra, path);
    const hasExtra = Object.keys(extra).length > 0;
    if (literal === undefined && !hasExtra)
      throw refused(path, 'An element must have a value or content; leave it out instead.');
    return {
      ...(literal === undefined ? {} : { value: primitiveValue(literal, field.type, path) }),
      ...(hasExtra ? { extra } : {}),
    };
  }
}

/** `xsi:schemaLocation` and the like say nothing of the content. https://hl7.org/fhir/R4/xml.html */
function ignored(name: string, { prefixes }: XmlNode): boolean {
  const colon = name.indexOf(':');
  return colon !== -1 && prefixes.get(name.slice(0, colon)) === 'http://www.w3.org/2001/XMLSchema-instance';
}

const numeric: ReadonlySet<string> = new Set(['decimal', 'integer', 'positiveInt', 'unsignedInt']);

function primitiveValue(literal: string, type: string, path: string): string | boolean | Num {
  if (type === 'boolean') {
    if (literal === 'true') return true;
    if (literal === 'false') return false;
    throw new Failure('invalid', 'This must be true or false.', { expression: path, code: 'value' });
  }
  if (!numeric.has(type)) return literal;
  try {
    return numFrom(literal);
  } catch {
    throw new Failure('invalid', 'This must be a number, such as 36.7.', { expression: path, code: 'value' });
  }
}
