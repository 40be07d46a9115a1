import type { Interaction } from '../access/scope.js';
import { bundle } from './bundle.js';
import { capabilities } from './capabilities.js';
import { compartmentSearch } from './compartment-search.js';
import { conditionalDelete } from './conditional-delete.js';
import { conditionalUpdate } from './conditional-update.js';
import { create } from './create.js';
import { deleteResource } from './delete.js';
import { history } from './history.js';
import { historyInstance } from './history-instance.js';
import { patch } from './patch.js';
import { read } from './read.js';
import type { Handler } from './request.js';
import { search } from './search.js';
import { systemSearch } from './system-search.js';
import { update } from './update.js';
import { vread } from './vread.js';

/** How a path continues after the base: `:type`, `:id`, `:version` stand for one segment each. */
export type Shape =
  | ''
  | 'metadata'
  | '_history'
  | '_search'
  | ':type'
  | ':type/_search'
  | ':type/_history'
  | ':type/:id'
  | ':type/:id/:member'
  | ':type/:id/:member/_search'
  | ':type/:id/_history'
  | ':type/:id/_history/:version';

export interface Route {
  /** The code of the CapabilityStatement. https://hl7.org/fhir/R4/valueset-type-restful-interaction.html */
  readonly code:
    | 'read'
    | 'vread'
    | 'update'
    | 'patch'
    | 'delete'
    | 'history-instance'
    | 'history-type'
    | 'history-system'
    | 'create'
    | 'search-type'
    | 'search-system'
    | 'capabilities'
    | 'transaction';
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly shape: Shape;
  /** What the scopes must permit; undefined where the handler asks for each part (Bundle), or nothing is needed. */
  readonly scope?: Interaction;
  /** The parameters it takes; undefined where the handler sees to them itself. */
  readonly parameters?: readonly string[];
  readonly handle: Handler;
}

const none: readonly string[] = [];
const form: readonly string[] = ['_summary', '_elements'];

/** Every interaction of the server: routes and CapabilityStatement are both made from this table. */
export const routes: readonly Route[] = [
  { code: 'capabilities', method: 'GET', shape: 'metadata', parameters: ['mode', ...form], handle: capabilities },
  { code: 'transaction', method: 'POST', shape: '', parameters: none, handle: bundle },
  { code: 'read', method: 'GET', shape: ':type/:id', scope: 'read', parameters: form, handle: read },
  {
    code: 'vread',
    method: 'GET',
    shape: ':type/:id/_history/:version',
    scope: 'read',
    parameters: form,
    handle: vread,
  },
  { code: 'history-instance', method: 'GET', shape: ':type/:id/_history', scope: 'read', handle: historyInstance },
  { code: 'history-type', method: 'GET', shape: ':type/_history', scope: 'history-type', handle: history },
  { code: 'history-system', method: 'GET', shape: '_history', handle: history },
  { code: 'create', method: 'POST', shape: ':type', scope: 'create', parameters: none, handle: create },
  { code: 'update', method: 'PUT', shape: ':type/:id', scope: 'update', parameters: none, handle: update },
  { code: 'update', method: 'PUT', shape: ':type', scope: 'update', handle: conditionalUpdate },
  { code: 'patch', method: 'PATCH', shape: ':type/:id', scope: 'patch', parameters: none, handle: patch },
  { code: 'patch', method: 'PATCH', shape: ':type', scope: 'patch', handle: patch },
  { code: 'delete', method: 'DELETE', shape: ':type/:id', scope: 'delete', parameters: none, handle: deleteResource },
  { code: 'delete', method: 'DELETE', shape: ':type', scope: 'delete', handle: conditionalDelete },
  { code: 'search-type', method: 'GET', shape: ':type', scope: 'search', handle: search },
  { code: 'search-type', method: 'POST', shape: ':type/_search', scope: 'search', handle: search },
  { code: 'search-type', method: 'GET', shape: ':type/:id/:member', handle: compartmentSearch },
  { code: 'search-type', method: 'POST', shape: ':type/:id/:member/_search', handle: compartmentSearch },
  { code: 'search-system', method: 'GET', shape: '', handle: systemSearch },
  { code: 'search-system', method: 'POST', shape: '_search', handle: systemSearch },
];

/** The shape of a path, with no regard to whether the type exists. */
export function shapeOf(segments: readonly string[]): Shape | undefined {
  const [first, second, third, fourth] = segments;
  switch (segments.length) {
    case 0:
      return '';
    case 1:
      return first === 'metadata' || first === '_history' || first === '_search' ? first : ':type';
    case 2:
      return second === '_search' ? ':type/_search' : second === '_history' ? ':type/_history' : ':type/:id';
    case 3:
      return third === '_history' ? ':type/:id/_history' : isMember(third!) ? ':type/:id/:member' : undefined;
    case 4:
      if (third === '_history') return ':type/:id/_history/:version';
      return fourth === '_search' && isMember(third!) ? ':type/:id/:member/_search' : undefined;
    default:
      return undefined;
  }
}

/** A type of a compartment, or all. */
const isMember = (segment: string): boolean => segment === '*' || /^[A-Z]/.test(segment);
