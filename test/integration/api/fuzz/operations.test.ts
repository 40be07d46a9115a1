// Bad parameters of operations, filters and profiles never give a 5xx (decision 7). FUZZ_RUNS multiplies the runs, FUZZ_SEED gives others.
import fc from 'fast-check';
import { loadDefinitions } from '../../../../src/fhir/definitions.js';
import type { HereResponse, HereServer } from '../../../support/here.js';
import { odd } from './odd-values.js';
import { patience, runsWithin, startFuzzed } from './fuzz-runs.js';
import { randomResource } from './random-resource.js';

let server: HereServer;
beforeAll(async () => {
  server = await startFuzzed('2000000');
});
afterAll(() => server.stop());

const runs = runsWithin(20_000);
const types = fc.constantFrom(...loadDefinitions().resourceTypes);

function understood({ status, text, json }: HereResponse, what: () => string): void {
  const isRefusal = status < 400 || json?.resourceType === 'OperationOutcome';
  if (status >= 500 || !isRefusal) throw new Error(`${status} ${text.slice(0, 400)}\n${what().slice(0, 3000)}`);
}

const names =
  'url system code coding codeableConcept display version filter count offset valueSet codeSystem conceptMap context property codeA codeB codingA codingB target targetsystem source reverse dependency mode profile resource patient max subject statistic duration period params limit start end _since _type _count persist meta id identifier reason status questionnaire content canonical questionnaireRef local async query variables operationName'.split(
    ' ',
  );

const parameter = fc.record(
  {
    name: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: odd }),
    key: fc.constantFrom(
      'valueString',
      'valueUri',
      'valueCode',
      'valueCoding',
      'valueCodeableConcept',
      'valueBoolean',
      'valueInteger',
      'valueDateTime',
      'valuePeriod',
      'valueReference',
      'valueMeta',
      'resource',
      'part',
      'value',
    ),
    value: odd,
  },
  { requiredKeys: ['name', 'key', 'value'] },
);

test(
  'random parameters of every operation are taken or refused',
  async () => {
    const { json } = await server.request('admin', 'metadata');
    const { rest } = json as {
      rest: { operation: { name: string }[]; resource: { type: string; operation?: { name: string }[] }[] }[];
    };
    const slow = new Set(['export', 'import', 'reindex', 'bulk-status', 'bulk-file']);
    const places = [
      ...rest[0]!.operation.map(({ name }) => [name, `$${name}`] as const),
      ...rest[0]!.resource.flatMap(({ type, operation = [] }) =>
        operation
          .filter(
            ({ name }) =>
              type === 'Patient' || !['validate', 'meta', 'meta-add', 'meta-delete', 'graphql'].includes(name),
          )
          .flatMap(({ name }) => [[name, `${type}/$${name}`] as const, [name, `${type}/fuzz/$${name}`] as const]),
      ),
    ].filter(([name]) => !slow.has(name));
    expect(places.length).toBeGreaterThan(80);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...places.map(([, place]) => place)),
        fc.array(parameter, { maxLength: 4 }),
        fc.boolean(),
        async (place, list, isGet) => {
          const query = new URLSearchParams(
            list.flatMap(({ name, value }) =>
              typeof name === 'string' && typeof value === 'string'
                ? [[name, value.replace(/\p{Surrogate}/gu, '?')] as [string, string]]
                : [],
            ),
          ).toString();
          const body = {
            resourceType: 'Parameters',
            parameter: list.map(({ name, key, value }) => ({ name, [key]: value })),
          };
          const answer = isGet
            ? await server.request('admin', `${place}?${query}`)
            : await server.request('admin', place, { method: 'POST', body });
          understood(answer, () => `${place} ${isGet ? query : JSON.stringify(body)}`);
        },
      ),
      runs(400),
    );
  },
  patience,
);

test(
  'random resources are judged, also against profiles, value sets and Questionnaires that make no sense',
  async () => {
    const broken = [
      {
        resourceType: 'StructureDefinition',
        name: 'A',
        kind: 'resource',
        abstract: false,
        type: 'Observation',
        derivation: 'constraint',
      },
      {
        resourceType: 'StructureDefinition',
        name: 'B',
        kind: 'resource',
        abstract: false,
        type: 'Patient',
        derivation: 'constraint',
      },
    ];
    const node = fc.record(
      {
        path: fc.constantFrom(
          '',
          '.code',
          '.value[x]',
          '.component',
          '.component.code',
          '.extension',
          '.name',
          '.contained',
          '.subject',
        ),
        slice: fc.constantFrom('', ':a', ':b', ':a/b'),
        demand: fc.constantFrom<object>(
          { min: 1 },
          { max: '0' },
          { max: 'x' },
          { fixedString: 'x' },
          { patternCodeableConcept: { coding: [{ code: 'x' }] } },
          { patternCodeableConcept: {} },
          { type: [{ code: 'Quantity', profile: ['urn:profile:0'] }] },
          { type: [{ code: 'Reference', targetProfile: ['urn:profile:1', 'urn:none'] }] },
          { type: [] },
          { slicing: { discriminator: [{ type: 'value', path: 'code' }], rules: 'closed' } },
          { slicing: { discriminator: [{ type: 'profile', path: 'resolve()' }], rules: 'openAtEnd', ordered: true } },
          { slicing: { discriminator: [{ type: 'type', path: "extension('x').value.resolve()" }], rules: 'open' } },
          { slicing: { discriminator: [{ type: 'value', path: '((' }], rules: 'open' } },
          { binding: { strength: 'required', valueSet: 'urn:set' } },
          { binding: { strength: 'extensible', valueSet: 'http://hl7.org/fhir/ValueSet/administrative-gender' } },
          { constraint: [{ key: 'x-1', severity: 'error', human: 'x', expression: 'descendants().count() < 5' }] },
          { constraint: [{ key: 'x-2', severity: 'warning', human: 'x', expression: '((' }] },
          { minValueDecimal: 5 },
          { maxValueDateTime: '2020' },
        ),
      },
      { requiredKeys: ['path', 'slice', 'demand'] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(node, { minLength: 1, maxLength: 6 }), fc.nat(1), fc.gen(), async (nodes, which, g) => {
        const definition = broken[which]!;
        const element = nodes.map(({ path, slice, demand }) => ({
          id: `${definition.type}${path}${path === '' ? '' : slice}`,
          path: `${definition.type}${path}`,
          ...(slice !== '' && path !== '' && { sliceName: slice.slice(1) }),
          ...demand,
        }));
        const base = g(fc.boolean)
          ? `urn:profile:${which}`
          : `http://hl7.org/fhir/StructureDefinition/${definition.type}`;
        const profile = {
          ...definition,
          id: `fuzz-${which}`,
          url: `urn:profile:${which}`,
          status: 'active',
          baseDefinition: base,
          differential: { element },
        };
        const stored = await server.request('admin', `StructureDefinition/fuzz-${which}`, {
          method: 'PUT',
          body: profile,
        });
        understood(stored, () => JSON.stringify(profile));
        const text = randomResource(g, definition.type);
        understood(
          await server.request('admin', `${definition.type}/$validate?profile=urn:profile:${which}`, { body: text }),
          () => `${JSON.stringify(profile)}\n${text}`,
        );
      }),
      runs(80),
    );
    await fc.assert(
      fc.asyncProperty(types, fc.gen(), async (type, g) => {
        const text = randomResource(g, type);
        understood(await server.request('admin', `${type}/$validate`, { body: text }), () => text);
      }),
      runs(100),
    );
  },
  patience,
);

test(
  'random filters are answered or refused',
  async () => {
    const word = fc.constantFrom(
      ...'code value-quantity subject subject:Patient date _id _lastUpdated component-code name _profile eq ne co sw ew gt ap po pr ss in re and or not ( ) [ ] . "x" " true 5 5|http://unitsofmeasure.org|kg 2026-01-01 http://loinc.org|1 Patient/fuzz \\ , é'.split(
        ' ',
      ),
      '',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.array(word, { minLength: 1, maxLength: 12 }).map((words) => words.join(' ')),
          fc.array(word, { minLength: 1, maxLength: 12 }).map((words) => words.join('')),
          fc.nat(3000).map((depth) => `${'('.repeat(depth)}code eq 1${')'.repeat(depth)}`),
          fc.nat(500).map((many) => Array.from({ length: many + 1 }, () => 'code eq 1').join(' or ')),
        ),
        async (filter) => {
          const body = `_filter=${encodeURIComponent(filter)}`;
          const headers = { 'content-type': 'application/x-www-form-urlencoded' };
          understood(
            await server.request('admin', 'Observation/_search', { method: 'POST', body, headers }),
            () => filter,
          );
        },
      ),
      runs(400),
    );
  },
  patience,
);

test(
  'random GraphQL queries are answered or refused',
  async () => {
    const word = fc.constantFrom(
      ...'Patient PatientList PatientConnection Observation ObservationList Bundle id resource reference name family extension value edges next count _id _count _reference _cursor _filter query mutation fragment on f ... $a @skip @include if true null -1 1e9 "Patient/fuzz" "" __schema __typename __type { } ( ) [ ] : , ! = & | { } { } ( )'.split(
        ' ',
      ),
    );
    const leaf = fc.constantFrom('id', 'resourceType', '__typename', 'reference', 'family', 'value', 'next');
    const branch = fc.constantFrom(
      'Patient',
      'PatientList',
      'ObservationList',
      'PatientConnection',
      'name',
      'subject',
      'resource',
      'edges',
      'extension',
      '... on Patient',
      'a: name',
    );
    const given = fc.constantFrom(
      '',
      '',
      '(id: "fuzz")',
      '(_count: 2)',
      '(_reference: patient)',
      '(_count: -1)',
      '(_offset: -5)',
      '(name: ["a,b", "$"])',
      '(_sort: "x")',
      '(_cursor: "x")',
      '(optional: true)',
      '(date: "gtgt")',
      '(id: {a: 1})',
    );
    const { fields } = fc.letrec<{ fields: string; field: string }>((tie) => ({
      fields: fc.array(tie('field'), { minLength: 1, maxLength: 3 }).map((all) => `{ ${all.join(' ')} }`),
      field: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.tuple(branch, given, tie('fields')).map((parts) => parts.join(' ')),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fields,
          fc.array(word, { maxLength: 25 }).map((all) => all.join(' ')),
          fc.string(),
        ),
        fc.constantFrom('$graphql', 'Patient/fuzz/$graphql'),
        async (query, place) => {
          const headers = { 'content-type': 'application/json' };
          understood(await server.request('admin', place, { body: { query }, headers }), () => query);
        },
      ),
      runs(300),
    );
  },
  patience,
);

test(
  'random forms are filled in, or refused',
  async () => {
    const sdc = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-';
    const url = fc.constantFrom(
      ...['initialExpression', 'itemPopulationContext', 'observationLinkPeriod', 'launchContext'].map(
        (one) => sdc + one,
      ),
      'http://hl7.org/fhir/StructureDefinition/variable',
    );
    const expression = fc.oneof(
      fc.constantFrom(
        '%patient.name',
        '%nobody',
        '%resource.item',
        '1/0',
        'today()',
        '{',
        '%patient.descendants()',
        '?',
        "'x'.matches('(a+)+$')",
        'Observation?code=x',
        'Nothing?x',
        'Patient/fuzz',
        '{{%patient.id}}',
      ),
      fc.string({ maxLength: 12 }),
    );
    const language = fc.constantFrom('text/fhirpath', 'application/x-fhir-query', 'text/cql', undefined);
    const extension = fc.oneof(
      fc.record({ url, valueExpression: fc.record({ name: fc.constant('n'), language, expression }) }),
      fc.record({ url, valueExpression: odd }),
      fc.record({ url, valueDuration: odd }),
      fc.record({ url, extension: fc.tuple(fc.record({ url: fc.constant('name'), valueCoding: odd })) }),
    );
    const item = fc.record(
      {
        linkId: fc.string({ maxLength: 3 }),
        type: fc.constantFrom('group', 'string', 'choice', 'quantity', 'reference', 'date', 'display', 'x'),
        extension: fc.array(extension, { maxLength: 2 }),
        repeats: fc.boolean(),
        code: fc.constantFrom<unknown>([{ system: 'http://loinc.org', code: '29463-7' }], [null], 5),
        initial: fc.array(odd, { maxLength: 2 }),
        answerOption: fc.array(odd, { maxLength: 2 }),
      },
      { requiredKeys: ['linkId', 'type'] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 3 }), async (items) => {
        const group = { linkId: 'g', type: 'group', item: items };
        const questionnaire = { resourceType: 'Questionnaire', status: 'draft', item: [group, ...items] };
        const list = [
          { name: 'questionnaire', resource: questionnaire },
          { name: 'subject', valueReference: { reference: 'Patient/fuzz' } },
        ];
        const body = { resourceType: 'Parameters', parameter: list };
        understood(await server.request('admin', 'Questionnaire/$populate', { body }), () => JSON.stringify(body));
      }),
      runs(200),
    );
  },
  patience,
);

test(
  'random messages are answered or refused',
  async () => {
    await fc.assert(
      fc.asyncProperty(types, fc.gen(), fc.nat(3), odd, async (type, g, event, value) => {
        const code = ['measurements', 'referral', 'observation-provide', 'x'][event];
        const focus = event === 0 ? 'Observation' : event === 1 ? 'ServiceRequest' : type;
        const url = (last: number): string => `urn:uuid:00000000-0000-4000-8000-00000000000${last}`;
        const header = {
          resourceType: 'MessageHeader',
          id: `m${g(fc.nat)}`,
          eventCoding: { system: 'http://hjemmebro.no/fhir/CodeSystem/dho-message-event', code },
          source: { endpoint: 'http://x.example' },
          focus: [{ reference: url(2) }],
          ...(g(fc.boolean) ? {} : { sender: value }),
        };
        const head = JSON.stringify({ fullUrl: url(1), resource: header });
        const body = `{"resourceType":"Bundle","type":"message","identifier":{"value":"${g(fc.nat)}"},"entry":[${head},{"fullUrl":"${url(2)}","resource":${randomResource(g, focus)}}]}`;
        understood(await server.request('admin', '$process-message', { body }), () => body);
      }),
      runs(150),
    );
  },
  patience,
);
