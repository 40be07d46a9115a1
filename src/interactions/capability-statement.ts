import { instant } from '../kernel/clock.js';
import type { SearchParameter } from '../search/parameter.js';
import { backport } from '../subscriptions/backport.js';
import { compartments } from './compartment-search.js';
import { messageEvents } from './messaging/message-events.js';
import type { Operation } from './operation.js';
import { patchFormats } from './patch-document.js';
import { searchParam, systemParams } from './search-documentation.js';
import type { Services } from './services.js';
import type { Route } from './table.js';

const systemLevel = new Set(['capabilities', 'transaction', 'history-system', 'search-system']);

type Parts = Pick<
  Services,
  | 'registry'
  | 'base'
  | 'software'
  | 'clock'
  | 'followUp'
  | 'conditionalDelete'
  | 'referentialIntegrity'
  | 'socketUrl'
  | 'topics'
>;

/**
 * The CapabilityStatement, made from the table of routes, the operations and the search parameters that there are: the
 * same tables that requests are answered from. https://hl7.org/fhir/R4/capabilitystatement.html
 */
export function capabilityStatement(
  services: Parts,
  routes: readonly Route[],
  operations: readonly Operation[],
): object {
  const interaction = [...new Set(routes.map((route) => route.code))]
    .filter((code) => !systemLevel.has(code))
    .map((code) => ({ code }));
  const offered = operations.filter((operation) => operation.followUp !== true || services.followUp);
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: instant(services.clock.now()),
    kind: 'instance',
    instantiates: [backport.serverCapabilities],
    software: services.software,
    implementation: { description: 'Hjemmebro – FHIR façade for digital home follow-up', url: services.base },
    fhirVersion: '4.0.1',
    format: ['json', 'application/fhir+json', 'xml', 'application/fhir+xml', 'text/html'],
    patchFormat: patchFormats,
    rest: [
      {
        mode: 'server',
        extension: [
          {
            url: 'http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket',
            valueUri: services.socketUrl,
          },
        ],
        security: {
          service: [
            {
              coding: [
                { system: 'http://terminology.hl7.org/CodeSystem/restful-security-service', code: 'SMART-on-FHIR' },
              ],
            },
          ],
          description:
            'Every request needs a bearer token with SMART system scopes; what is seen follows the care relations of the caller.',
        },
        resource: [...services.registry.types].sort().map((type) => ({
          type,
          ...(type === 'Subscription' ? topicsOffered(services.topics) : {}),
          profile: `http://hl7.org/fhir/StructureDefinition/${type}`,
          interaction,
          versioning: 'versioned-update',
          readHistory: true,
          updateCreate: true,
          conditionalCreate: true,
          conditionalRead: 'full-support',
          conditionalUpdate: true,
          conditionalDelete: services.conditionalDelete,
          referencePolicy: ['literal', 'logical', ...(services.referentialIntegrity ? ['enforced'] : []), 'local'],
          searchInclude: includes(type, services),
          searchParam: services.registry
            .all(type)
            .filter(supported)
            .sort((a, b) => (a.code < b.code ? -1 : 1))
            .map((parameter) => searchParam(parameter, services.registry)),
          ...operationsOf(type, offered),
        })),
        searchParam: systemParams,
        interaction: [
          { code: 'transaction' },
          { code: 'batch' },
          { code: 'history-system' },
          { code: 'search-system' },
        ],
        ...systemOperations(offered),
        compartment: compartments.map((one) => `http://hl7.org/fhir/CompartmentDefinition/${one.toLowerCase()}`),
      },
    ],
    messaging: [
      {
        endpoint: [{ protocol: http, address: `${services.base}/$process-message` }],
        documentation:
          'Messages are answered at once. A message that comes again, in the same envelope, gets the same answer and changes nothing; one that cannot be taken is answered with fatal-error.',
        supportedMessage: messageEvents.map(({ definition }) => ({ mode: 'receiver', definition })),
      },
    ],
  };
}

const http = { system: 'http://terminology.hl7.org/CodeSystem/message-transport', code: 'http' };

/** http://hl7.org/fhir/uv/subscriptions-backport/CapabilityStatement/backport-subscription-server-r4 */
const topicsOffered = (topics: Services['topics']): object => ({
  extension: topics().map((url) => ({ url: backport.topicCanonical, valueCanonical: url })),
  supportedProfile: [backport.subscription],
});

/** A composite whose components cannot be told apart is refused by a search. */
const supported = (parameter: SearchParameter): boolean =>
  parameter.kind !== 'composite' || parameter.parts !== undefined;

function includes(type: string, { registry }: Pick<Services, 'registry'>): string[] {
  return [
    '*',
    ...registry
      .all(type)
      .filter((parameter) => parameter.kind === 'reference')
      .map((parameter) => `${type}:${parameter.code}`),
  ];
}

function systemOperations(offered: readonly Operation[]): object {
  const list = offered.filter(({ level }) => level === 'system').map(({ name, definition }) => ({ name, definition }));
  return list.length === 0 ? {} : { operation: list };
}

function operationsOf(type: string, offered: readonly Operation[]): object {
  const list = offered
    .filter((operation) => operation.level !== 'system' && (operation.type === type || operation.type === '*'))
    .map(({ name, definition }) => ({ name, definition }));
  const once = [...new Map(list.map((one) => [`${one.name} ${one.definition}`, one])).values()];
  return once.length === 0 ? {} : { operation: once };
}
