import {
  GraphQLBoolean,
  GraphQLError,
  GraphQLID,
  GraphQLInt,
  GraphQLScalarType,
  GraphQLString,
  Kind,
  type ValueNode,
} from 'graphql';

const builtIn = new Map<string, GraphQLScalarType>([
  ['boolean', GraphQLBoolean],
  ['integer', GraphQLInt],
  ['positiveInt', GraphQLInt],
  ['unsignedInt', GraphQLInt],
  ['string', GraphQLString],
  ['markdown', GraphQLString],
  ['xhtml', GraphQLString],
  ['id', GraphQLID],
]);
const own = new Map<string, GraphQLScalarType>();

/** The scalar of a primitive type. Values go out as they are stored, a decimal with all its digits. */
export function scalarOf(primitive: string): GraphQLScalarType {
  const known = builtIn.get(primitive) ?? own.get(primitive);
  if (known !== undefined) return known;
  const made = new GraphQLScalarType({ name: primitive, serialize: (value) => value });
  own.set(primitive, made);
  return made;
}

/** A value of a search parameter or of an element: a text, number, boolean, or a bare word such as `official`. */
export const valueScalar = new GraphQLScalarType<string>({
  name: 'SearchValue',
  parseValue(value) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw new GraphQLError('The value must be a text, a number or a boolean.');
  },
  parseLiteral: literal,
});

function literal(node: ValueNode): string {
  switch (node.kind) {
    case Kind.STRING:
    case Kind.INT:
    case Kind.FLOAT:
    case Kind.ENUM:
      return node.value;
    case Kind.BOOLEAN:
      return String(node.value);
    default:
      throw new GraphQLError('The value must be a text, a number or a boolean.', { nodes: node });
  }
}
