import { areDistinct, child, has, type HandWrittenRules, list, oneOf } from './invariant.js';
import { isObject, type JsonObject } from './visit.js';

const elementsOf = (definition: JsonObject, part: 'snapshot' | 'differential'): readonly JsonObject[] =>
  list(child(definition, part) ?? {}, 'element');
const haveDistinctIds = (elements: readonly JsonObject[]): boolean =>
  elements.every((element) => has(element, 'id')) && areDistinct(elements.map(({ id }) => id));
const pathOf = (element: JsonObject | undefined): string => (typeof element?.path === 'string' ? element.path : '');
const groupsOf = (measure: JsonObject): readonly JsonObject[] =>
  list(measure, 'group').flatMap((group) => list(group, 'stratifier'));

/** Those of conformance resources and terminology that the engine would take quadratic time for, or that large expansions meet. */
export const conformanceInvariants: HandWrittenRules = {
  'cmd-1': (target) => has(target, 'comment') || !oneOf(target.equivalence, 'narrower', 'inexact'),
  'cmd-2': (unmapped) => unmapped.mode !== 'fixed' || has(unmapped, 'code'),
  'cmd-3': (unmapped) => unmapped.mode !== 'other-map' || has(unmapped, 'url'),
  'cpb-7': (statement) =>
    areDistinct(list(statement, 'document').map(({ profile, mode }) => `${String(profile)} ${String(mode)}`)),
  'cpb-9': (rest) => areDistinct(list(rest, 'resource').map(({ type }) => type)),
  'cpb-12': (resource) => areDistinct(list(resource, 'searchParam').map(({ name }) => name)),
  'csd-1': (codeSystem) => areDistinct(conceptCodes(codeSystem)),
  'ig-1': (definition) => {
    const groups = new Set(list(definition, 'grouping').map(({ id }) => id));
    return list(definition, 'resource').every(({ groupingId }) => groupingId === undefined || groups.has(groupingId));
  },
  'ig-2': (guide) => {
    const versions = new Set(Array.isArray(guide.fhirVersion) ? guide.fhirVersion : []);
    return list(child(guide, 'definition') ?? {}, 'resource').every(
      ({ fhirVersion }) => !Array.isArray(fhirVersion) || fhirVersion.every((version) => versions.has(version)),
    );
  },
  'mea-1': (measure) =>
    groupsOf(measure).every(
      (one) => (has(one, 'code') || has(one, 'description') || has(one, 'criteria')) !== has(one, 'component'),
    ),
  'nsd-2': (system) =>
    areDistinct(
      list(system, 'uniqueId')
        .filter(({ preferred }) => preferred === true)
        .map(({ type }) => type),
    ),
  'sdf-1': (definition) =>
    definition.derivation === 'constraint' || areDistinct(elementsOf(definition, 'snapshot').map(pathOf)),
  'sdf-8': (snapshot, visit) => {
    const elements = list(snapshot, 'element');
    const first = pathOf(elements[0]);
    const { kind, type } = visit.surroundings?.resource ?? {};
    return (
      (kind === 'logical' || first === type) &&
      elements.slice(1).every((element) => pathOf(element).startsWith(`${first}.`))
    );
  },
  'sdf-8a': (differential, visit) => {
    const elements = list(differential, 'element');
    const first = pathOf(elements[0]);
    const { kind, type } = visit.surroundings?.resource ?? {};
    const root = `${first.split('.')[0]}.`;
    return (
      (kind === 'logical' || (typeof type === 'string' && first.startsWith(type))) &&
      elements.slice(1).every((element) => pathOf(element).startsWith(root))
    );
  },
  'sdf-14': (definition) =>
    [...elementsOf(definition, 'snapshot'), ...elementsOf(definition, 'differential')].every((element) =>
      has(element, 'id'),
    ),
  'sdf-16': (definition) => haveDistinctIds(elementsOf(definition, 'snapshot')),
  'sdf-17': (definition) => haveDistinctIds(elementsOf(definition, 'differential')),
  'sdf-23': (definition) =>
    [...elementsOf(definition, 'snapshot'), ...elementsOf(definition, 'differential')].every(
      (element) => pathOf(element).includes('.') || !has(element, 'sliceName'),
    ),
  'vsd-1': (include) => has(include, 'valueSet') || has(include, 'system'),
  'vsd-2': (include) => !(has(include, 'concept') || has(include, 'filter')) || has(include, 'system'),
  'vsd-3': (include) => !has(include, 'concept') || !has(include, 'filter'),
  'vsd-6': (contains) => has(contains, 'code') || has(contains, 'display'),
  'vsd-9': (contains) => has(contains, 'code') || contains.abstract === true,
  'vsd-10': (contains) => !has(contains, 'code') || has(contains, 'system'),
};

function* conceptCodes(container: JsonObject): Generator<unknown> {
  for (const concept of list(container, 'concept')) {
    if (isObject(concept)) yield concept.code;
    yield* conceptCodes(concept);
  }
}
