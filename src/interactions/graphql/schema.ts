// https://hl7.org/fhir/R4/graphql.html
import {
  type GraphQLFieldConfigArgumentMap,
  GraphQLID,
  GraphQLInt,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
} from 'graphql';
import type { Definitions } from '../../fhir/definitions.js';
import type { Resource } from '../../fhir/resource.js';
import type { SearchRegistry } from '../../search/registry.js';
import { commonFields, ElementTypes, type Field } from './element-types.js';
import type { Loader, Page } from './load.js';
import { valueScalar } from './scalars.js';

export interface SchemaParts {
  readonly definitions: Definitions;
  readonly registry: SearchRegistry;
  /** The types that have all their fields; the others have those of every resource. */
  readonly named: readonly string[];
  readonly listed: readonly string[];
  /** The query is asked of a resource of this type, rather than of the server. */
  readonly of?: string;
}

/**
 * A schema that knows whole only what a query names: that of all 146 types takes long to make and much memory, and hardly any
 * query needs more than five.
 */
export function schemaOf({ definitions, registry, named, listed, of }: SchemaParts): GraphQLSchema {
  const common: GraphQLInterfaceType = new GraphQLInterfaceType({
    name: 'Resource',
    fields: () => commonFields(elements),
    resolveType: (value: { readonly resourceType: string }) => value.resourceType,
  });
  const elements = new ElementTypes(definitions, common);
  const whole = new Set([...named, ...(of === undefined ? [] : [of])]);
  const arguments_ = new Map(listed.map((type) => [type, searchArguments(type, registry)]));
  const resources = new Map<string, GraphQLObjectType>();
  const lists = (owner: string | undefined): Record<string, Field> =>
    Object.assign({}, ...listed.map((type) => listFields(type, resources.get(type)!, arguments_.get(type)!, owner)));
  for (const type of definitions.resourceTypes)
    resources.set(
      type,
      new GraphQLObjectType({
        name: type,
        interfaces: [common],
        fields: () =>
          whole.has(type)
            ? { ...commonFields(elements), ...elements.fieldsOf(type), ...lists(type) }
            : commonFields(elements),
      }),
    );
  const start = whole.size === 0 ? ['Patient'] : [...whole];
  const query =
    of === undefined
      ? new GraphQLObjectType({
          name: 'Query',
          fields: () => ({
            ...Object.fromEntries(start.map((type) => [type, byId(type, resources.get(type)!)])),
            ...lists(undefined),
          }),
        })
      : resources.get(of)!;
  return new GraphQLSchema({ query, types: [...resources.values()], assumeValid: true });
}

const byId = (type: string, output: GraphQLObjectType): Field => ({
  type: output,
  args: { id: { type: new GraphQLNonNull(GraphQLID) } },
  resolve: (_source, { id }, loader) => loader.read(`${type}/${encodeURIComponent(id as string)}`),
});

interface SearchArguments {
  readonly map: GraphQLFieldConfigArgumentMap;
  /** Names of GraphQL have no hyphen. */
  readonly codes: ReadonlyMap<string, string>;
}

function searchArguments(type: string, registry: SearchRegistry): SearchArguments {
  const codes = new Map<string, string>();
  const map: GraphQLFieldConfigArgumentMap = {
    _count: { type: GraphQLInt },
    _sort: { type: GraphQLString },
    _filter: { type: GraphQLString },
    _text: { type: GraphQLString },
    _content: { type: GraphQLString },
  };
  for (const { code } of registry.all(type)) {
    const name = code.replaceAll('-', '_');
    if (!/^_?[A-Za-z]\w*$/.test(name)) continue;
    codes.set(name, code);
    map[name] = { type: new GraphQLList(valueScalar) };
  }
  return { map, codes };
}

type Arguments = Readonly<Record<string, unknown>>;

/** `ObservationList` and `ObservationConnection`: of the server, or of what refers to the resource that they are asked of. */
function listFields(
  type: string,
  output: GraphQLObjectType,
  { map, codes }: SearchArguments,
  owner: string | undefined,
): Record<string, Field> {
  const reference: GraphQLFieldConfigArgumentMap =
    owner === undefined ? {} : { _reference: { type: new GraphQLNonNull(valueScalar) } };
  const pairs = (source: Arguments, args: Arguments): (readonly [string, string])[] => {
    const { _reference: by, _cursor: _page, ...others } = args;
    return [
      ...Object.entries(others).flatMap(([name, value]) =>
        [value].flat().map((one) => [codes.get(name) ?? name, String(one)] as const),
      ),
      ...(typeof by === 'string' ? [[codes.get(by) ?? by, `${owner}/${source['id'] as string}`] as const] : []),
    ];
  };
  return {
    [`${type}List`]: {
      type: new GraphQLList(output),
      args: { ...reference, ...map },
      resolve: async (source, args, loader) =>
        (await loader.search(type, pairs(source, args as Arguments))).resources.filter(
          ({ resourceType }) => resourceType === type,
        ),
    },
    [`${type}Connection`]: {
      type: connectionOf(type, output),
      args: { ...reference, ...map, _cursor: { type: GraphQLString } },
      async resolve(source, args, loader): Promise<Connection> {
        const { _cursor: cursor } = args as { readonly _cursor?: string };
        const asked = pairs(source, args as Arguments);
        const page = await loader.search(type, cursor === undefined ? asked : [['_page', cursor]]);
        return { type, asked, page };
      },
    },
  };
}

interface Connection {
  readonly type: string;
  readonly asked: readonly (readonly [string, string])[];
  readonly page: Page;
}

const connections = new WeakMap<GraphQLObjectType, GraphQLObjectType>();

/** https://hl7.org/fhir/R4/graphql.html#searching – pages are told apart by where they end, so there is no way back. */
function connectionOf(type: string, output: GraphQLObjectType): GraphQLObjectType {
  const known = connections.get(output);
  if (known !== undefined) return known;
  const edge = new GraphQLObjectType<{ readonly mode: string; readonly resource: Resource }, Loader>({
    name: `${type}Edge`,
    fields: { mode: { type: GraphQLString }, resource: { type: output } },
  });
  const made = new GraphQLObjectType<Connection, Loader>({
    name: `${type}Connection`,
    fields: {
      count: { type: GraphQLInt, resolve: (source, _args, loader) => loader.count(source.type, source.asked) },
      pagesize: { type: GraphQLInt, resolve: ({ page }) => page.resources.length },
      next: { type: GraphQLString, resolve: ({ page }) => page.next },
      edges: {
        type: new GraphQLList(edge),
        resolve: ({ page }) => page.resources.map((resource, at) => ({ mode: page.modes[at], resource })),
      },
    },
  });
  connections.set(output, made);
  return made;
}
