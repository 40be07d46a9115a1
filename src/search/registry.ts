import {
  columnParameters,
  type CompositePart,
  isCommonParameter,
  type ParameterDefinition,
  type SearchParameter,
} from './parameter.js';
import { rowSources } from './row-sources.js';

/** What is in `generated/search-parameters.json`. */
export interface SearchDefinitions {
  readonly types: readonly string[];
  readonly parameters: readonly ParameterDefinition[];
}

/** Every search parameter the server knows, by resource type and code. https://hl7.org/fhir/R4/searchparameter-registry.html */
export class SearchRegistry {
  private readonly definitions = new Map<string, Map<string, ParameterDefinition>>();
  private own: readonly ParameterDefinition[] = [];
  private readonly resolved = new Map<string, ReadonlyMap<string, SearchParameter>>();
  /** Grows by one with every `add`: whoever compiled something from the registry can see that it is out of date. */
  generation = 0;
  /** The state of the operator's own parameters that this registry holds, as the database counts them. */
  epoch?: number;

  constructor(definitions: SearchDefinitions) {
    this.types = new Set(definitions.types);
    for (const type of ['*', ...definitions.types]) this.definitions.set(type, new Map());
    for (const parameter of definitions.parameters)
      this.definitions.get(parameter.type)?.set(parameter.code, parameter);
  }

  /** All resource types of R4. */
  readonly types: ReadonlySet<string>;

  /** Adds parameters; one with the code of an existing one replaces it. */
  add(definitions: readonly ParameterDefinition[]): void {
    for (const definition of definitions) this.definitions.get(definition.type)?.set(definition.code, definition);
    this.resolved.clear();
    this.generation += 1;
  }

  /** Takes the place of what stored SearchParameters defined before. A code that is taken already is left out. */
  setOwn(definitions: readonly ParameterDefinition[], epoch: number): void {
    this.own = definitions.filter(({ type, code }) => this.definitions.get(type)?.has(code) === false);
    this.epoch = epoch;
    this.resolved.clear();
    this.generation += 1;
  }

  /** Is it a parameter of the standard or of `profiles/`? */
  isBuiltIn(url: string): boolean {
    for (const byCode of this.definitions.values())
      for (const definition of byCode.values()) if (definition.url === url) return true;
    return false;
  }

  /** What the parts of a composite would be if it were added; undefined where they cannot be told. */
  partsOf(composite: ParameterDefinition): readonly CompositePart[] | undefined {
    const byUrl = new Map(this.all(composite.type).map((parameter) => [parameter.url, parameter]));
    return compositeParts(composite, composite.type, byUrl);
  }

  /** @param type a resource type, or undefined for what every type has */
  param(type: string | undefined, code: string): SearchParameter | undefined {
    return this.byCode(type).get(code);
  }

  /** The parameters of a type, those of every type included. */
  all(type: string | undefined): readonly SearchParameter[] {
    return [...this.byCode(type).values()];
  }

  /** Those that have search rows: what extraction has to fill. */
  stored(type: string): readonly SearchParameter[] {
    return this.all(type).filter((parameter) => parameter.stored);
  }

  /** The repeating elements over which a type has composites: rows from below them say in which repetition they stand. */
  elementPaths(type: string): ReadonlySet<string> {
    const composites = this.all(type).filter((parameter) => parameter.parts?.some((part) => part.within) === true);
    return new Set(composites.flatMap((parameter) => repeatingElements(parameter, type)));
  }

  /** Every (type, code) that can occur in a search row; type '*' for those of every type. */
  rowParams(): readonly { readonly type: string; readonly code: string }[] {
    const common = this.all(undefined).filter((parameter) => parameter.stored);
    const own = [...this.types].flatMap((type) =>
      this.stored(type).filter((parameter) => !isCommonParameter(parameter.code)),
    );
    return [...common, ...own].map(({ type, code }) => ({ type, code }));
  }

  private byCode(type: string | undefined): ReadonlyMap<string, SearchParameter> {
    const key = type ?? '*';
    let known = this.resolved.get(key);
    if (known === undefined) {
      known = this.resolve(key);
      this.resolved.set(key, known);
    }
    return known;
  }

  private resolve(type: string): ReadonlyMap<string, SearchParameter> {
    const own = [
      ...(this.definitions.get('*')?.values() ?? []),
      ...(type === '*' ? [] : (this.definitions.get(type)?.values() ?? [])),
      ...this.own.filter((definition) => definition.type === type),
    ];
    const sources = rowSources(own);
    const byUrl = new Map(own.map((parameter) => [parameter.url, parameter]));
    const result = new Map<string, SearchParameter>();
    for (const parameter of own) {
      const from = sources.get(parameter.code) ?? [];
      const stored = from.length === 1 && from[0]!.param === parameter.code;
      const parts = compositeParts(parameter, type, byUrl);
      result.set(parameter.code, {
        ...parameter,
        sources: from,
        stored: stored && !columnParameters.has(parameter.code),
        ...(parts && { parts }),
      });
    }
    return result;
  }
}

/** Rows of these kinds know in which repetition of an element they stand. */
const numbered: ReadonlySet<string> = new Set(['token', 'quantity', 'number', 'string', 'reference']);

/**
 * A composite over the resource itself (`Observation.code-value-quantity`) holds when its components hold, since both
 * occur once. In one over a repeating element they must stand in the same repetition. `parts` is absent where that cannot
 * be told: several repeating elements, or a component that is no parameter of the type.
 */
function compositeParts(
  parameter: ParameterDefinition,
  type: string,
  byUrl: ReadonlyMap<string, ParameterDefinition>,
): readonly CompositePart[] | undefined {
  const elements = repeatingElements(parameter, type);
  if (parameter.kind !== 'composite' || elements.length > 1) return undefined;
  const [element] = elements;
  const parts: CompositePart[] = [];
  for (const { url } of parameter.components ?? []) {
    const part = byUrl.get(url);
    if (part === undefined || part.kind === 'composite' || part.kind === 'special') return undefined;
    const within = element !== undefined && part.expression.some((branch) => branch.startsWith(`${element}.`));
    if (within && !numbered.has(part.kind)) return undefined;
    parts.push({ code: part.code, within });
  }
  return parts.length > 1 ? parts : undefined;
}

const repeatingElements = (parameter: ParameterDefinition, type: string): readonly string[] =>
  parameter.expression.filter((path) => path !== type);
