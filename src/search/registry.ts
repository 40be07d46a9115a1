import { columnParameters, isCommonParameter, type ParameterDefinition, type SearchParameter } from './parameter.js';
import { rowSources } from './row-sources.js';

/** What is in `generated/search-parameters.json`. */
export interface SearchDefinitions {
  readonly types: readonly string[];
  readonly parameters: readonly ParameterDefinition[];
}

/** Every search parameter the server knows, by resource type and code. https://hl7.org/fhir/R4/searchparameter-registry.html */
export class SearchRegistry {
  private readonly definitions = new Map<string, Map<string, ParameterDefinition>>();
  private readonly resolved = new Map<string, ReadonlyMap<string, SearchParameter>>();
  /** Grows by one with every `add`: whoever compiled something from the registry can see that it is out of date. */
  generation = 0;

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
    ];
    const usable = own.filter(
      (parameter): parameter is ParameterDefinition & { kind: SearchParameter['kind'] } => parameter.kind !== 'special',
    );
    const sources = rowSources(usable);
    const byUrl = new Map(usable.map((parameter) => [parameter.url, parameter.code]));
    const result = new Map<string, SearchParameter>();
    for (const parameter of usable) {
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

/**
 * A composite over the resource itself (`Observation.code-value-quantity`) holds when its components hold, since both
 * occur once. One over a repeating element needs rows that tie the components together; `parts` is absent then.
 */
function compositeParts(
  parameter: ParameterDefinition,
  type: string,
  byUrl: ReadonlyMap<string, string>,
): readonly string[] | undefined {
  if (parameter.kind !== 'composite' || parameter.expression.length !== 1 || parameter.expression[0] !== type)
    return undefined;
  const parts = (parameter.components ?? []).map((component) => byUrl.get(component.url));
  return parts.length > 1 && parts.every((part): part is string => part !== undefined) ? parts : undefined;
}
