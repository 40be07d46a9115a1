// https://hl7.org/fhir/R4/capabilitystatement-definitions.html#CapabilityStatement.rest.resource.searchParam
import type { SearchParameter } from '../search/parameter.js';
import { modifiersOf } from '../search/parse/parameter-lookup.js';
import type { SearchRegistry } from '../search/registry.js';

/** One search parameter of a type, with the modifiers that it takes. */
export function searchParam(parameter: SearchParameter, registry: SearchRegistry): object {
  const { code, kind, url } = parameter;
  return { name: code, ...(url === '' ? {} : { definition: url }), type: kind, ...documented(parameter, registry) };
}

function documented(parameter: SearchParameter, registry: SearchRegistry): { documentation?: string } {
  if (parameter.indexing === true)
    return { documentation: 'Being indexed: a search by it is refused until that is done.' };
  if (parameter.code === 'near')
    return { documentation: 'latitude|longitude|distance|unit; 50 km unless said. :missing. _sort=near: by distance.' };
  if (parameter.kind === 'composite')
    return { documentation: `${(parameter.parts ?? []).map((part) => part.code).join('$')}; :missing` };
  const modifiers = modifiersOf(parameter, registry).map((modifier) => `:${modifier}`);
  if (parameter.kind === 'reference') modifiers.push(':[type]');
  return modifiers.length === 0 ? {} : { documentation: modifiers.join(' ') };
}

/** Parameters that every search takes. https://hl7.org/fhir/R4/search.html#all */
export const systemParams: readonly object[] = [
  {
    name: '_text',
    type: 'string',
    documentation: 'Words of the narrative; "a phrase", a beginning*, OR between alternatives.',
  },
  { name: '_content', type: 'string', documentation: 'As _text, of everything that is written in the resource.' },
  {
    name: '_list',
    type: 'special',
    documentation:
      'The id of a List: what is among its entries. Or $current-problems, $current-medications, $current-allergies, $current-drug-allergies.',
  },
  { name: '_has', type: 'special', documentation: '_has:Type:reference:parameter, also inside each other.' },
  {
    name: '_filter',
    type: 'special',
    documentation: 'https://hl7.org/fhir/R4/search_filter.html; and before or, all operators.',
  },
];
