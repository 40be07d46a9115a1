// https://www.rfc-editor.org/rfc/rfc5261
import { Failure } from '../../kernel/failure.js';
import type { Definitions } from '../definitions.js';
import type { Resource } from '../resource.js';
import { resourceOfTree } from './read-resource.js';
import { writeFhirXml } from './write-resource.js';
import { selectOne } from './xml-select.js';
import { readXmlTree, type XmlNode } from './xml-tree.js';

const mostOperations = 1000;

/**
 * XML text → the operations of an XML Patch: the children of its root element, add, replace and remove.
 *
 * @throws Failure `invalid` naming the operation that cannot be read; `too-costly` for more than 1000
 */
export function readXmlPatch(text: string): readonly XmlNode[] {
  const { name, children } = readXmlTree(text);
  if (name !== 'diff')
    throw new Failure('invalid', 'An XML Patch is a diff element with add, replace and remove inside.', {
      code: 'structure',
    });
  if (children.length > mostOperations)
    throw new Failure('too-costly', `An XML Patch may have at most ${mostOperations} operations.`);
  for (const [number, operation] of children.entries())
    if (!/^(add|replace|remove)$/.test(operation.name) || operation.attributes.get('sel') === undefined)
      throw new Failure('invalid', `Operation ${number} of the patch must be add, replace or remove, with a sel.`, {
        code: 'structure',
      });
  return children;
}

/**
 * The resource after all operations, which apply to its XML in their order, all or none. A narrative is one whole: it can be
 * added, replaced and removed.
 *
 * @throws Failure `unprocessable` naming the operation that does not fit; or, where the outcome is no FHIR, the element
 */
export function applyXmlPatch(resource: Resource, operations: readonly XmlNode[], definitions: Definitions): Resource {
  const root = readXmlTree(writeFhirXml(resource, definitions));
  for (const [number, operation] of operations.entries()) {
    try {
      applyOne(root, operation);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw new Failure(
        error.category,
        `Operation ${number} of the patch cannot be carried out. ${error.issues[0]!.diagnostics}`,
        { code: error.category === 'invalid' ? 'structure' : 'processing' },
      );
    }
  }
  try {
    return resourceOfTree(root, definitions);
  } catch (error) {
    throw error instanceof Failure ? new Failure('unprocessable', error.issues) : error;
  }
}

const refused = (what: string): Failure => new Failure('unprocessable', what);

function applyOne(root: XmlNode, operation: XmlNode): void {
  const target = selectOne(root, operation.attributes.get('sel')!, operation.prefixes);
  const { node, parent, attribute } = target;
  if (operation.name === 'add') return add(operation, target);
  if (attribute !== undefined) {
    if (operation.name === 'remove') node.attributes.delete(attribute);
    else node.attributes.set(attribute, operation.text);
    return;
  }
  if (parent === undefined) throw refused('The resource itself can be neither replaced nor removed.');
  const place = parent.children.indexOf(node);
  if (operation.name === 'remove') {
    parent.children.splice(place, 1);
    return;
  }
  if (operation.children.length !== 1) throw refused('An element is replaced by exactly one element.');
  parent.children.splice(place, 1, copy(operation.children[0]!));
}

/** https://www.rfc-editor.org/rfc/rfc5261#section-4.3 */
function add(operation: XmlNode, { node, parent, attribute }: ReturnType<typeof selectOne>): void {
  if (attribute !== undefined || node.markup !== undefined) throw refused('Nothing can be added there.');
  const type = operation.attributes.get('type');
  if (type !== undefined) {
    if (!/^@\w+$/.test(type)) throw refused('Only attributes can be added by type.');
    if (node.attributes.has(type.slice(1))) throw refused('The attribute is there already; use replace.');
    node.attributes.set(type.slice(1), operation.text);
    return;
  }
  const added = operation.children.map(copy);
  if (added.length === 0 || /\S/.test(operation.text)) throw refused('It must add elements.');
  const position = operation.attributes.get('pos');
  if (position === undefined) node.children.push(...added);
  else if (position === 'prepend') node.children.unshift(...added);
  else if ((position === 'before' || position === 'after') && parent !== undefined)
    parent.children.splice(parent.children.indexOf(node) + (position === 'after' ? 1 : 0), 0, ...added);
  else throw refused('Its pos must be prepend, before or after.');
}

/** Each use of it stands for itself. */
const copy = (node: XmlNode): XmlNode => ({
  ...node,
  attributes: node.attributes.copy(),
  children: node.children.map(copy),
});
