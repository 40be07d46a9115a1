// https://hl7.org/fhir/R4/search.html#summary, https://hl7.org/fhir/R4/search.html#elements
import { parseJson, stringifyJson } from '../fhir/json.js';
import type { Definitions } from '../fhir/definitions.js';
import type { ElementNode } from '../fhir/structure.js';
import type { Resource } from '../fhir/resource.js';
import type { SearchRequest } from '../search/parse/request.js';

const always = new Set(['resourceType', 'id', 'meta']);
const subsetted = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' };

/**
 * How a found resource is shown: whole (its stored text, untouched), or the part that `_summary` or `_elements` asks for,
 * tagged SUBSETTED.
 */
export function subsetter(
  request: Pick<SearchRequest, 'summary' | 'elements'>,
  definitions: Definitions,
): (text: string) => string {
  if (request.summary === 'false' && request.elements.length === 0) return (text) => text;
  return (text) => {
    const resource = parseJson(text) as Resource;
    const keep = keeper(resource.resourceType, request, definitions);
    const part: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(resource))
      if (keep(name.startsWith('_') ? name.slice(1) : name)) part[name] = value;
    part['meta'] = { ...resource.meta, tag: [...(resource.meta?.tag ?? []), subsetted] };
    return stringifyJson(part);
  };
}

const elementsOf = (type: string, definitions: Definitions): readonly ElementNode[] =>
  definitions.childrenOf(type)?.nodes ?? [];

/** A choice element stands under the name of its type: `value` covers `valueQuantity`. */
function covers(names: ReadonlySet<string>, choices: readonly string[]): (name: string) => boolean {
  return (name) =>
    names.has(name) || choices.some((choice) => name.startsWith(choice) && /^[A-Z]/.test(name.slice(choice.length)));
}

function keeper(
  type: string,
  request: Pick<SearchRequest, 'summary' | 'elements'>,
  definitions: Definitions,
): (name: string) => boolean {
  const choices = elementsOf(type, definitions).filter((child) => child.choice === true);
  const of = (wanted: (child: ElementNode) => boolean): ((name: string) => boolean) =>
    covers(
      new Set(
        elementsOf(type, definitions)
          .filter(wanted)
          .map((child) => child.name),
      ),
      choices.filter(wanted).map((child) => child.name),
    );
  const mandatory = of((child) => (child.min ?? 0) > 0);
  const required = (name: string): boolean => always.has(name) || mandatory(name);
  switch (request.summary) {
    case 'data':
      return (name) => name !== 'text';
    case 'text':
      return (name) => required(name) || name === 'text';
    case 'true': {
      const summary = of((child) => child.summary === true);
      return (name) => required(name) || summary(name);
    }
    default: {
      const wanted = of((child) => request.elements.includes(child.name));
      return (name) => required(name) || wanted(name) || request.elements.includes(name);
    }
  }
}
