// https://hl7.org/fhir/R4/xml.html
import type { Definitions } from '../definitions.js';
import { isNumber, literalOf } from '../json-number.js';
import type { Resource } from '../resource.js';
import { type ElementField, elementShape, type ElementShape } from '../element-shape.js';
import { escapeAttribute, possibleInXml } from './escapes.js';
import { fhirNamespace } from './xml-tree.js';

type Content = Readonly<Record<string, unknown>>;

/**
 * A resource as FHIR XML, elements in the order of their definitions; number literals and the narrative as they are. What R4
 * does not define is left out: nothing such is stored.
 *
 * @param indent spaces for each level; absent: everything on one line
 */
export function writeFhirXml(resource: Resource, definitions: Definitions, indent?: number): string {
  const writer = new XmlWriter(definitions, indent);
  writer.resource(resource, 0);
  return writer.text;
}

class XmlWriter {
  text = '<?xml version="1.0" encoding="UTF-8"?>';

  constructor(
    private readonly definitions: Definitions,
    private readonly indent: number | undefined,
  ) {}

  resource(resource: Resource, depth: number): void {
    const { resourceType } = resource;
    const shape = typeof resourceType === 'string' ? elementShape(this.definitions, resourceType) : undefined;
    if (shape === undefined) return;
    this.line(depth);
    this.text += `<${resourceType} xmlns="${fhirNamespace}"`;
    this.inside(resourceType, resource, shape, depth);
  }

  /** The attributes, content and end of an element whose tag has been begun. */
  private inside(name: string, content: Content, shape: ElementShape, depth: number): void {
    const fields = presentFields(content, shape);
    for (const { kind, name: attribute } of fields)
      if (kind === 'attribute') this.text += ` ${attribute}="${escapeAttribute(String(content[attribute]))}"`;
    const elements = fields.filter(({ kind }) => kind !== 'attribute');
    if (elements.length === 0) {
      this.text += '/>';
      return;
    }
    this.text += '>';
    for (const field of elements) this.field(field, content, depth + 1);
    this.line(depth);
    this.text += `</${name}>`;
  }

  private field(field: ElementField, content: Content, depth: number): void {
    const value = content[field.name];
    const extra = content[`_${field.name}`];
    if (!Array.isArray(value) && !Array.isArray(extra)) {
      this.item(field, value, extra, depth);
      return;
    }
    const values = Array.isArray(value) ? (value as unknown[]) : [];
    const extras = Array.isArray(extra) ? (extra as unknown[]) : [];
    for (let index = 0; index < Math.max(values.length, extras.length); index += 1)
      this.item(field, values[index], extras[index], depth);
  }

  private item(field: ElementField, value: unknown, extra: unknown, depth: number): void {
    if (field.kind === 'primitive') this.primitive(field, value, extra, depth);
    else if (field.kind === 'xhtml') this.narrative(value, depth);
    else if (isContent(value) && field.kind === 'resource') {
      this.line(depth);
      this.text += `<${field.name}>`;
      this.resource(value as Resource, depth + 1);
      this.line(depth);
      this.text += `</${field.name}>`;
    } else if (isContent(value)) {
      this.line(depth);
      this.text += `<${field.name}`;
      this.inside(field.name, value, field.shape(), depth);
    }
  }

  private primitive({ name, shape }: ElementField, value: unknown, extra: unknown, depth: number): void {
    const inner = isContent(extra) ? extra : undefined;
    if ((value === undefined || value === null) && inner === undefined) return;
    this.line(depth);
    this.text += `<${name}`;
    if (inner !== undefined && typeof inner['id'] === 'string') this.text += ` id="${escapeAttribute(inner['id'])}"`;
    if (value !== undefined && value !== null)
      this.text += ` value="${isNumber(value) ? literalOf(value) : escapeAttribute(String(value as string | boolean))}"`;
    const { id: _attribute, ...rest } = inner ?? {};
    this.inside(name, rest, shape(), depth);
  }

  /** As it is; a narrative has been held to well-formed XHTML when it was stored. */
  private narrative(div: unknown, depth: number): void {
    if (typeof div !== 'string') return;
    this.line(depth);
    const text = possibleInXml(div).trim().replaceAll('\r', '&#13;').replaceAll(']]>', ']]&gt;');
    const head = text.slice(0, text.indexOf('>'));
    this.text += /\sxmlns\s*=/.test(head) ? text : text.replace(/^<div/, '<div xmlns="http://www.w3.org/1999/xhtml"');
  }

  private line(depth: number): void {
    if (this.indent !== undefined) this.text += `\n${' '.repeat(this.indent * depth)}`;
  }
}

const isContent = (value: unknown): value is Content =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isNumber(value);

/** The fields that the content has, in the order of their definitions, each once. */
function presentFields(content: Content, shape: ElementShape): readonly ElementField[] {
  const fields: ElementField[] = [];
  let sorted = true;
  for (const key in content) {
    const companion = key.startsWith('_');
    // The value's own turn covers both.
    if (companion && content[key.slice(1)] !== undefined) continue;
    const field = shape.get(companion ? key.slice(1) : key);
    if (field === undefined || content[key] === undefined) continue;
    if (fields.length > 0 && fields.at(-1)!.order > field.order) sorted = false;
    fields.push(field);
  }
  return sorted ? fields : fields.sort((a, b) => a.order - b.order);
}
