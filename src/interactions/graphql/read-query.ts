// https://hl7.org/fhir/R4/graphql.html
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  OperationTypeNode,
  parse,
  type SelectionSetNode,
  visit,
} from 'graphql';
import { Failure } from '../../kernel/failure.js';

/** Words and signs of a query. */
const mostTokens = 15_000;
/** Fields, each use of a fragment counted. */
const mostFields = 2000;
const deepest = 30;
/** Types with all their fields times types that are listed: each of the ones can be asked for each of the others. */
const mostPairs = 400;

export interface ReadQuery {
  readonly document: DocumentNode;
  /** Resource types that the query names, in fields or fragments: what the schema must know whole. */
  readonly named: readonly string[];
  /** Those that it lists, by a field such as `ObservationList`. */
  readonly listed: readonly string[];
}

/**
 * A query with the types that it is about.
 *
 * @throws Failure invalid where it cannot be parsed or is no query; too-costly where it is too long or too deep
 */
export function readQuery(text: string, types: ReadonlySet<string>): ReadQuery {
  const document = parsed(text);
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
    else if (definition.kind !== Kind.OPERATION_DEFINITION || definition.operation !== OperationTypeNode.QUERY)
      throw new Failure('invalid', 'Only queries are answered: change resources by the REST interactions.', {
        code: 'not-supported',
      });
  }
  const measure = measured(fragments);
  let fields = 0;
  for (const definition of document.definitions)
    if (definition.kind === Kind.OPERATION_DEFINITION) fields += measure(definition.selectionSet, 1);
  if (fields > mostFields) throw new Failure('too-costly', `A query has at most ${mostFields} fields.`);

  const named = new Set<string>();
  const listed = new Set<string>();
  const note = (name: string): void => {
    const [, type, list] = /^(.*?)(List|Connection)?$/.exec(name)!;
    if (types.has(name)) named.add(name);
    else if (list !== undefined && types.has(type!)) {
      named.add(type!);
      listed.add(type!);
    }
  };
  visit(document, {
    Field: ({ name }) => {
      if (name.value === '__schema') for (const type of types) named.add(type);
      else note(name.value);
    },
    NamedType: ({ name }) => note(name.value),
    StringValue: ({ value }) => note(value),
  });
  if (named.size * listed.size > mostPairs)
    throw new Failure('too-costly', 'The query names too many types at once; ask for them one by one.');
  return { document, named: [...named].sort(), listed: [...listed].sort() };
}

function parsed(text: string): DocumentNode {
  try {
    return parse(text, { maxTokens: mostTokens });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const [place] = error.locations ?? [];
    const where = place === undefined ? '' : ` (line ${place.line}, column ${place.column})`;
    throw new Failure('invalid', `The query cannot be read${where}: ${error.message}`, { code: 'structure' });
  }
}

/** How many fields a selection has. Each fragment is counted once and remembered: a query may nest them exponentially. */
function measured(
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): (set: SelectionSetNode, depth: number) => number {
  const known = new Map<string, number>();
  const open = new Set<string>();
  const measure = (set: SelectionSetNode, depth: number): number => {
    if (depth > deepest) throw new Failure('too-costly', `A query is at most ${deepest} levels deep.`);
    let fields = 0;
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD)
        fields += 1 + (selection.selectionSet === undefined ? 0 : measure(selection.selectionSet, depth + 1));
      else if (selection.kind === Kind.INLINE_FRAGMENT) fields += measure(selection.selectionSet, depth + 1);
      else fields += ofFragment(selection.name.value, depth);
    }
    return fields;
  };
  const ofFragment = (name: string, depth: number): number => {
    const fragment = fragments.get(name);
    // Unknown ones and circles are the validation's to refuse.
    if (fragment === undefined || open.has(name)) return 0;
    const key = `${name} ${depth}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    open.add(name);
    const fields = measure(fragment.selectionSet, depth + 1);
    open.delete(name);
    known.set(key, fields);
    return fields;
  };
  return measure;
}
