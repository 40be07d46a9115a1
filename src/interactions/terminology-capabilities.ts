// https://hl7.org/fhir/R4/terminologycapabilities.html
import { decide, rowScope } from '../access/decide.js';
import { parseJson } from '../fhir/json.js';
import type { Resource } from '../fhir/resource.js';
import { codeSystemHead, type CodeSystemHead, standardResources } from '../fhir/standard-resources.js';
import { instant } from '../kernel/clock.js';
import { storedOfType } from '../storage/search/stored-of-type.js';
import { expansionParameters } from './operations/expand.js';
import type { Context } from './request.js';

/** What the terminology operations can do, with the code systems that are stored, as far as the caller may see, or are R4's own. */
export async function terminologyCapabilities(context: Context): Promise<Resource> {
  const { services } = context;
  return {
    resourceType: 'TerminologyCapabilities',
    status: 'active',
    date: instant(services.clock.now()),
    kind: 'instance',
    software: services.software,
    implementation: { description: 'Terminology of Hjemmebro', url: services.base },
    lockedDate: false,
    codeSystem: listed([...(await storedHeads(context)), ...standardResources().codeSystems()]),
    expansion: {
      hierarchical: false,
      paging: true,
      incomplete: false,
      parameter: expansionParameters.map((name) => ({ name })),
      textFilter: 'Every word of the filter stands in the display or in the code; case is ignored.',
    },
    codeSearch: 'explicit',
    // Displays are compared with those of the code system in all its languages.
    validateCode: { translations: true },
    // $translate takes every ConceptMap that fits where none is named.
    translation: { needsMap: false },
    closure: { translation: false },
  };
}

async function storedHeads({ services, principal }: Context): Promise<readonly CodeSystemHead[]> {
  if (!decide(principal, 'read', 'CodeSystem').allowed) return [];
  const scope = rowScope(principal, services.clock.now(), 'read');
  const texts = await storedOfType(services.pool, 'CodeSystem', scope, services);
  return texts.flatMap((text) => codeSystemHead(parseJson(text) as Resource) ?? []);
}

/** Each system once, with its versions; the first is the one that is taken where none is named. */
function listed(heads: readonly CodeSystemHead[]): object[] {
  const systems = new Map<string, CodeSystemHead[]>();
  for (const head of heads) {
    // Without codes nothing can be answered of it; a supplement is no system.
    if (head.content === 'not-present' || head.content === 'supplement') continue;
    const known = systems.get(head.url);
    if (known === undefined) systems.set(head.url, [head]);
    else if (known.every(({ version }) => version !== head.version)) known.push(head);
  }
  return [...systems].map(([uri, versions]) => {
    const named = versions.flatMap(({ version }, index) =>
      version === undefined ? [] : [{ code: version, isDefault: index === 0, compositional: false }],
    );
    return { uri, ...(named.length === 0 ? {} : { version: named }), subsumption: true };
  });
}
