import {
  type GraphQLFieldConfig,
  type GraphQLFieldConfigArgumentMap,
  GraphQLBoolean,
  GraphQLInt,
  type GraphQLInterfaceType,
  GraphQLList,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLString,
} from 'graphql';
import { choiceName, type Definitions } from '../../fhir/definitions.js';
import type { ElementNode, TypeReference } from '../../fhir/structure.js';
import { Failure } from '../../kernel/failure.js';
import type { Loader } from './load.js';
import { scalarOf, valueScalar } from './scalars.js';

export type Field = GraphQLFieldConfig<Readonly<Record<string, unknown>>, Loader>;

/** The object types of data types and of elements with elements below them, made when a field first leads to them. */
export class ElementTypes {
  private readonly made = new Map<string, GraphQLObjectType>();

  constructor(
    private readonly definitions: Definitions,
    private readonly resource: GraphQLInterfaceType,
  ) {}

  /** @param path `Patient`, `Patient.contact`, `HumanName` */
  fieldsOf(path: string): Record<string, Field> {
    const fields: Record<string, Field> = {};
    for (const node of this.definitions.childrenOf(path)?.nodes ?? [])
      for (const [name, type] of namesOf(node)) {
        const output = this.output(`${path}.${node.name}`, node, type);
        fields[name] = node.list === true ? listOf(output, this.plainChildren(path, node, type)) : { type: output };
        if (isPrimitive(type, this.definitions)) fields[`_${name}`] = this.besides(node);
      }
    return fields;
  }

  private output(path: string, node: ElementNode, type: TypeReference | undefined): GraphQLOutputType {
    if (type === undefined) return this.object(node.content!); // shares the definition of another element
    if (type.code === 'Resource' || this.definitions.isResourceType(type.code)) return this.resource;
    if (isPrimitive(type, this.definitions)) return scalarOf(type.code);
    return this.object(node.children === undefined ? type.code : path);
  }

  private object(path: string): GraphQLObjectType {
    const known = this.made.get(path);
    if (known !== undefined) return known;
    const type = new GraphQLObjectType({
      name: path
        .split('.')
        .map((part) => part[0]!.toUpperCase() + part.slice(1))
        .join(''),
      fields: () =>
        path === 'Reference' ? { ...this.fieldsOf(path), resource: this.referred() } : this.fieldsOf(path),
    });
    this.made.set(path, type);
    return type;
  }

  /** id and extensions of a primitive. */
  private besides(node: ElementNode): Field {
    const type = this.object('Element');
    return { type: node.list === true ? new GraphQLList(type) : type };
  }

  /** The primitives below an element, by which its repetitions can be chosen. */
  private plainChildren(path: string, node: ElementNode, type: TypeReference | undefined): readonly string[] {
    if (type === undefined || type.code === 'Resource' || isPrimitive(type, this.definitions)) return [];
    const below = this.definitions.childrenOf(node.children === undefined ? type.code : `${path}.${node.name}`);
    return (below?.nodes ?? []).flatMap((child) =>
      child.choice !== true && child.types?.length === 1 && isPrimitive(child.types[0], this.definitions)
        ? [child.name]
        : [],
    );
  }

  /** https://hl7.org/fhir/R4/graphql.html#resource-reference */
  private referred(): Field {
    return {
      type: this.resource,
      args: { optional: { type: GraphQLBoolean }, type: { type: valueScalar } },
      resolve: (reference, args, loader) =>
        resolved(reference, args as { readonly optional?: boolean; readonly type?: string }, loader),
    };
  }
}

const isPrimitive = (type: TypeReference | undefined, definitions: Definitions): boolean =>
  type !== undefined && (definitions.isPrimitive(type.code) || type.code === 'xhtml');

const namesOf = (node: ElementNode): readonly (readonly [string, TypeReference | undefined])[] =>
  node.choice === true
    ? (node.types ?? []).map((type) => [choiceName(node, type.code), type] as const)
    : [[node.name, node.types?.[0]]];

/** A list of which some can be chosen: by place, and by the values of its primitives (`name(use: official)`). */
function listOf(item: GraphQLOutputType, children: readonly string[]): Field {
  const args: GraphQLFieldConfigArgumentMap = { _count: { type: GraphQLInt }, _offset: { type: GraphQLInt } };
  for (const name of children) args[name] = { type: valueScalar };
  return {
    type: new GraphQLList(item),
    args,
    resolve(source, given, _loader, { fieldName }) {
      const list = source[fieldName];
      if (!Array.isArray(list)) return list;
      const { _count: count, _offset: offset = 0, ...values } = given as Record<string, unknown> & Place;
      const wanted = Object.entries(values);
      const chosen = list.filter((one: unknown) =>
        wanted.every(([name, value]) =>
          [(one as Record<string, unknown> | null)?.[name]].flat().some((found) => String(found) === value),
        ),
      );
      const start = Math.max(offset, 0);
      return chosen.slice(start, count === undefined ? undefined : start + Math.max(count, 0));
    },
  };
}

interface Place {
  readonly _count?: number;
  readonly _offset?: number;
}

async function resolved(
  reference: Readonly<Record<string, unknown>>,
  { optional = false, type }: { readonly optional?: boolean; readonly type?: string },
  loader: Loader,
): Promise<unknown> {
  const text = reference['reference'];
  if (typeof text !== 'string') return null;
  const local = text.startsWith(`${loader.base}/`) ? text.slice(loader.base.length + 1) : text;
  try {
    if (local.startsWith('#')) {
      const found = loader.inside(reference);
      if (found === undefined) throw new Failure('not-found', 'There is no such contained resource.');
      return type === undefined || found.resourceType === type ? found : null;
    }
    const [, named] = /^([A-Z][A-Za-z]+)\/[A-Za-z0-9.-]{1,64}(?:\/_history\/\d+)?$/.exec(local) ?? [];
    if (named === undefined)
      throw new Failure('not-found', 'The reference leads to another server; nothing is fetched from there.');
    return type === undefined || named === type ? await loader.read(local) : null;
  } catch (error) {
    if (optional && error instanceof Failure && error !== loader.stopped) return null;
    throw error;
  }
}

/** What every resource has. */
export const commonFields = (types: ElementTypes): Record<string, Field> => ({
  resourceType: { type: GraphQLString },
  ...types.fieldsOf('Resource'),
});
