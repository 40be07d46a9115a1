import { choiceName, type Definitions } from './definitions.js';

/** How one element is written. https://hl7.org/fhir/R4/json.html, https://hl7.org/fhir/R4/xml.html */
export interface ElementField {
  /** Its name in JSON and XML, `valueQuantity` for a choice. */
  readonly name: string;
  /** Its place among the elements around it. */
  readonly order: number;
  readonly list: boolean;
  /** Its name without the type, `value`, where it is one of a choice. */
  readonly choice?: string;
  /** `attribute`: id of an element, url of an extension. `resource`: one element inside, named after its type. */
  readonly kind: 'attribute' | 'primitive' | 'xhtml' | 'resource' | 'complex';
  /** The primitive type. */
  readonly type: string;
  /** The elements inside, of a complex one. */
  readonly shape: () => ElementShape;
}

/** The elements that stand directly in a type or element, by name. */
export type ElementShape = ReadonlyMap<string, ElementField>;

const known = new WeakMap<Definitions, Map<string, ElementShape>>();

/** The elements at a path of the definitions: `Patient`, `Patient.contact`, `HumanName`; undefined where there is no such type. */
export function elementShape(definitions: Definitions, path: string): ElementShape | undefined {
  const container = definitions.childrenOf(path);
  if (container === undefined) return undefined;
  let shapes = known.get(definitions);
  if (shapes === undefined) known.set(definitions, (shapes = new Map()));
  let shape = shapes.get(container.path);
  if (shape === undefined) shapes.set(container.path, (shape = newShape(definitions, container)));
  return shape;
}

function newShape(
  definitions: Definitions,
  { path, nodes }: NonNullable<ReturnType<Definitions['childrenOf']>>,
): ElementShape {
  const isResource = definitions.type(path)?.kind === 'resource';
  const shape = new Map<string, ElementField>();
  for (const [order, node] of nodes.entries()) {
    const types = node.types ?? [{ code: 'BackboneElement' }];
    for (const { code } of node.choice === true ? types : types.slice(0, 1)) {
      const name = node.choice === true ? choiceName(node, code) : node.name;
      const isAttribute = (name === 'id' && !isResource) || (name === 'url' && path === 'Extension');
      const kind = isAttribute ? 'attribute' : kindOf(code, definitions);
      let inside: ElementShape | undefined;
      shape.set(name, {
        name,
        order,
        list: node.list === true,
        ...(node.choice === true && { choice: node.name }),
        kind,
        type: code,
        shape: () => (inside ??= elementShape(definitions, `${path}.${name}`) ?? new Map()),
      });
    }
  }
  return shape;
}

function kindOf(code: string, definitions: Definitions): ElementField['kind'] {
  if (code === 'xhtml') return 'xhtml';
  if (definitions.type(code)?.kind === 'resource') return 'resource';
  return definitions.isPrimitive(code) ? 'primitive' : 'complex';
}
