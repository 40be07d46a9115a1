// https://hl7.org/fhir/R4/profiling.html, https://hl7.org/fhir/R4/elementdefinition.html
import { loadDefinitions } from '../../../src/fhir/definitions.js';
import type { Resource } from '../../../src/fhir/resource.js';
import { isMemberOf, type Membership, membershipIn } from '../../../src/terminology/membership.js';
import { compileValidator } from '../../../src/validation/compile-validator.js';
import { checkExtensions } from '../../../src/validation/profile/check-extensions.js';
import { checkProfile, type ProfileSurroundings } from '../../../src/validation/profile/check-profile.js';
import { checkExtensible } from '../../../src/validation/profile/check-extensible.js';
import { profileTree } from '../../../src/validation/profile/profile-tree.js';
import { vitalSignsProfiles } from '../../../src/validation/profile/vital-signs.js';

type Json = Record<string, unknown>;
const r4 = (name: string): string => `http://hl7.org/fhir/StructureDefinition/${name}`;
const own = (name: string): string => `http://example.no/StructureDefinition/${name}`;
const definition = (name: string, type: string, element: readonly Json[], more: Json = {}): Resource => ({
  resourceType: 'StructureDefinition',
  url: own(name),
  type,
  derivation: 'constraint',
  differential: { element },
  ...more,
});
/** `path` or `path:slice.rest` as the id; the path has no slices. */
const element = (id: string, more: Json): Json => ({
  id,
  path: id.replace(/:[^.]+/g, ''),
  ...(/:([^.]+)$/.test(id) && { sliceName: /:([^.]+)$/.exec(id)![1] }),
  ...more,
});
const slicing = (type: string, path: string, more: Json = {}): Json => ({
  slicing: { discriminator: [{ type, path }], rules: 'open', ...more },
});
const sets: Readonly<Record<string, Membership>> = {
  'urn:set:ab': members('urn:s|a', 'urn:s|b'),
  'urn:set:abc': members('urn:s|a', 'urn:s|b', 'urn:s|c'),
  'urn:set:open': { ...members('urn:s|a'), open: new Set(['urn:open']) },
};
function members(...pairs: readonly string[]): Membership {
  return {
    listed: new Set(pairs),
    bare: new Set(pairs.map((pair) => pair.split('|')[1]!)),
    open: new Set(),
    whole: new Set(),
  };
}
const coding = (code: string, system = 'urn:s'): Json => ({ coding: [{ system, code }] });

/** Each profile with resources and what is found of them: `severity expression`; nothing where they fit. */
interface Feature {
  readonly title: string;
  /** The profile first, then what it is derived from. */
  readonly chain: readonly Resource[];
  readonly beside?: readonly Resource[];
  readonly resources: readonly (readonly [resource: Json, ...found: string[]])[];
}

const observation = (more: Json): Json => ({
  resourceType: 'Observation',
  status: 'final',
  code: coding('a'),
  ...more,
});
const component = (code: string, more: Json = {}): Json => ({ code: coding(code), ...more });

const features: readonly Feature[] = [
  {
    title: 'several levels: what is derived narrows, and keeps what stood before',
    chain: [
      definition('L3', 'Observation', [element('Observation.note', { max: '1' })]),
      definition('L2', 'Observation', [
        element('Observation.note', { min: 1 }),
        element('Observation.method', { max: '0' }),
      ]),
      definition('L1', 'Observation', [element('Observation.subject', { min: 1 })]),
    ],
    resources: [
      [observation({ subject: {}, note: [{ text: 'x' }] })],
      [observation({ note: [{ text: 'x' }, { text: 'y' }] }), 'error Observation.subject', 'error Observation.note'],
      [observation({ subject: {}, method: {} }), 'error Observation.note', 'error Observation.method'],
    ],
  },
  {
    title: 'slicing by value, ordered and open at its end only',
    chain: [
      definition('Ordered', 'Observation', [
        element('Observation.component', slicing('value', 'code.coding.code', { ordered: true, rules: 'openAtEnd' })),
        element('Observation.component:first', { min: 1, max: '1' }),
        element('Observation.component:first.code.coding.code', { fixedCode: '1' }),
        element('Observation.component:second', { max: '1' }),
        element('Observation.component:second.code.coding.code', { fixedCode: '2' }),
      ]),
    ],
    resources: [
      [observation({ component: [component('1'), component('2'), component('x')] })],
      [observation({ component: [component('2'), component('1')] }), 'error Observation.component[1]'],
      [observation({ component: [component('x'), component('1')] }), 'error Observation.component[1]'],
      [observation({}), 'error Observation.component'],
    ],
  },
  {
    title: 're-slicing: a slice of a slice',
    chain: [
      definition('Resliced', 'Observation', [
        element('Observation.component', slicing('pattern', 'code')),
        element('Observation.component:side', { max: '2', ...slicing('exists', 'dataAbsentReason') }),
        element('Observation.component:side.code', { patternCodeableConcept: coding('side') }),
        element('Observation.component:side/none', { max: '1' }),
        element('Observation.component:side/none.dataAbsentReason', { min: 1 }),
      ]),
    ],
    resources: [
      [observation({ component: [component('side'), component('side', { dataAbsentReason: {} })] })],
      [
        observation({
          component: [component('side', { dataAbsentReason: {} }), component('side', { dataAbsentReason: {} })],
        }),
        'error Observation.component',
      ],
    ],
  },
  {
    title: 'slicing by type of a choice',
    chain: [
      definition('ByType', 'Observation', [
        element('Observation.value[x]', slicing('type', '$this', { rules: 'closed' })),
        element('Observation.value[x]:valueQuantity', { type: [{ code: 'Quantity' }] }),
        element('Observation.value[x]:valueQuantity.unit', { min: 1 }),
        element('Observation.value[x]:valueString', { type: [{ code: 'string' }], maxLength: 3 }),
      ]),
    ],
    resources: [
      [observation({ valueQuantity: { value: 1, unit: 'g' } })],
      [observation({ valueQuantity: { value: 1 } }), 'error Observation.value.unit'],
      [observation({ valueString: 'long' }), 'error Observation.value'],
      [observation({ valueBoolean: true }), 'error Observation.value'],
    ],
  },
  {
    title: 'slicing by profile of what a reference leads to inside',
    chain: [
      definition('ByProfile', 'Observation', [
        element('Observation.hasMember', slicing('profile', 'resolve()')),
        element('Observation.hasMember:amended', {
          min: 1,
          type: [{ code: 'Reference', targetProfile: [own('Amended')] }],
        }),
      ]),
    ],
    beside: [definition('Amended', 'Observation', [element('Observation.status', { fixedCode: 'amended' })])],
    resources: [
      [
        observation({
          contained: [{ ...observation({ id: 'm' }), status: 'amended' }],
          hasMember: [{ reference: '#m' }],
        }),
      ],
      [
        observation({ contained: [observation({ id: 'm' })], hasMember: [{ reference: '#m' }] }),
        'error Observation.hasMember',
      ],
    ],
  },
  {
    title: 'slicing by type, and by an element, of what a reference leads to',
    chain: [
      definition('ByTarget', 'Observation', [
        element('Observation.performer', slicing('type', 'resolve()')),
        element('Observation.performer:clinician', {
          max: '1',
          type: [{ code: 'Reference', targetProfile: [r4('Practitioner')] }],
        }),
      ]),
    ],
    resources: [
      [observation({ performer: [{ reference: 'Practitioner/1' }, { reference: 'Organization/1' }] })],
      [
        observation({ performer: [{ reference: 'Practitioner/1' }, { type: 'Practitioner', identifier: {} }] }),
        'error Observation.performer',
      ],
    ],
  },
  {
    title: 'slicing by the value of an extension',
    chain: [
      definition('ByExtension', 'Observation', [
        element(
          'Observation.component',
          slicing('value', "extension('http://example.no/StructureDefinition/Rank').value"),
        ),
        element('Observation.component:top', { min: 1, max: '1' }),
        element('Observation.component:top.extension', slicing('value', 'url')),
        element('Observation.component:top.extension:rank', { type: [{ code: 'Extension', profile: [own('Rank')] }] }),
        element('Observation.component:top.extension:rank.value[x]', { fixedInteger: 1 }),
      ]),
    ],
    beside: [definition('Rank', 'Extension', [element('Extension.url', { fixedUri: own('Rank') })])],
    resources: [
      [observation({ component: [component('a', { extension: [{ url: own('Rank'), valueInteger: 1 }] })] })],
      [
        observation({ component: [component('a', { extension: [{ url: own('Rank'), valueInteger: 2 }] })] }),
        'error Observation.component',
      ],
    ],
  },
  {
    title: 'slicing by a required binding',
    chain: [
      definition('ByBinding', 'Observation', [
        element('Observation.category', slicing('value', '$this')),
        element('Observation.category:known', {
          min: 1,
          max: '1',
          binding: { strength: 'required', valueSet: 'urn:set:ab' },
        }),
      ]),
    ],
    resources: [
      [observation({ category: [coding('a'), coding('z')] })],
      [observation({ category: [coding('z')] }), 'error Observation.category'],
      [observation({ category: [coding('a'), coding('b')] }), 'error Observation.category'],
    ],
  },
  {
    title: 'slicing by value sets that are not known: what cannot be told is said, and is no error',
    chain: [
      definition('Untold', 'Observation', [
        element('Observation.category', slicing('value', '$this', { rules: 'closed' })),
        element('Observation.category:one', {
          min: 1,
          max: '1',
          binding: { strength: 'required', valueSet: 'urn:set:unknown' },
        }),
        element('Observation.category:other', { binding: { strength: 'required', valueSet: 'urn:set:ab' } }),
      ]),
    ],
    resources: [
      [
        observation({ category: [coding('x'), coding('y'), coding('a')] }),
        'information Observation.category[0]',
        'information Observation.category[1]',
      ],
      [observation({ category: [coding('a')] }), 'error Observation.category'],
    ],
  },
  {
    title: 'limits of values',
    chain: [
      definition('Limits', 'Observation', [
        element('Observation.effective[x]', { minValueDateTime: '2020-01-01' }),
        element('Observation.value[x]', { maxValueQuantity: { value: 5.5, system: 'urn:u', code: 'g' } }),
        element('Observation.value[x].value', { minValueDecimal: 0.5 }),
      ]),
    ],
    resources: [
      [observation({ effectiveDateTime: '2020-01-01', valueQuantity: { value: 5.5, system: 'urn:u', code: 'g' } })],
      [observation({ effectiveDateTime: '2019-12-31' }), 'error Observation.effective'],
      [observation({ valueQuantity: { value: 5.51, system: 'urn:u', code: 'g' } }), 'error Observation.value'],
      [observation({ valueQuantity: { value: 9, system: 'urn:u', code: 'kg' } })],
      [observation({ valueQuantity: { value: 0.4 } }), 'error Observation.value.value'],
    ],
  },
  {
    title: 'bindings of every strength, and the greatest value set',
    chain: [
      definition('Bound', 'Observation', [
        element('Observation.code', { binding: { strength: 'required', valueSet: 'urn:set:ab' } }),
        element('Observation.method', {
          binding: {
            strength: 'extensible',
            valueSet: 'urn:set:ab',
            extension: [{ url: r4('elementdefinition-maxValueSet'), valueCanonical: 'urn:set:abc' }],
          },
        }),
        element('Observation.bodySite', { binding: { strength: 'preferred', valueSet: 'urn:set:ab' } }),
        element('Observation.interpretation', { binding: { strength: 'required', valueSet: 'urn:set:open' } }),
        element('Observation.category', { binding: { strength: 'required', valueSet: 'urn:set:unknown' } }),
      ]),
    ],
    resources: [
      [observation({ method: coding('a'), bodySite: coding('b'), interpretation: [coding('a')] })],
      [observation({ code: coding('c') }), 'error Observation.code'],
      [observation({ code: { text: 'a' } }), 'error Observation.code'],
      [observation({ code: { coding: [{ code: 'a' }] } }), 'error Observation.code'],
      [observation({ method: coding('c') }), 'warning Observation.method'],
      [observation({ method: coding('d') }), 'error Observation.method', 'warning Observation.method'],
      [observation({ bodySite: coding('c') }), 'information Observation.bodySite'],
      [observation({ interpretation: [coding('x', 'urn:open')] }), 'information Observation.interpretation[0]'],
      [observation({ interpretation: [coding('x')] }), 'error Observation.interpretation[0]'],
      [observation({ category: [coding('a')] }), 'information Observation.category[0]'],
    ],
  },
  {
    title: 'invariants, of which some only warn',
    chain: [
      definition('Rules', 'Observation', [
        element('Observation', {
          constraint: [
            { key: 'w-1', severity: 'warning', human: 'a note is good', expression: 'note.exists()' },
            { key: 'e-1', severity: 'error', human: 'who measured', expression: 'performer.count() < 2' },
          ],
        }),
        element('Observation.component', {
          constraint: [
            {
              key: 'e-2',
              severity: 'error',
              human: 'as the whole',
              expression: "%resource.status = 'final' implies value.exists()",
            },
          ],
        }),
      ]),
    ],
    resources: [
      [observation({ note: [{ text: 'x' }] })],
      [observation({}), 'warning Observation'],
      [observation({ note: [{ text: 'x' }], performer: [{}, {}] }), 'error Observation'],
      [observation({ note: [{ text: 'x' }], component: [component('a')] }), 'error Observation.component[0]'],
    ],
  },
  {
    title: 'a snapshot repeats the rules of R4, which are not asked again; its own are',
    chain: [
      definition('Snapshot', 'Observation', [], {
        differential: undefined,
        snapshot: {
          element: [
            element('Observation', {
              constraint: [
                { key: 'dom-6', severity: 'warning', human: 'narrative', expression: 'text.`div`.exists()' },
                { key: 'own-1', severity: 'error', human: 'a note', expression: 'note.exists()' },
              ],
            }),
            element('Observation.extension', {
              constraint: [
                {
                  key: 'ext-1',
                  severity: 'error',
                  human: 'either',
                  expression: 'extension.exists() != value.exists()',
                },
              ],
            }),
            element('Observation.subject', {
              constraint: [{ key: 'ref-1', severity: 'error', human: 'contained', expression: 'false' }],
            }),
          ],
        },
      }),
    ],
    resources: [
      [
        observation({
          note: [{ text: 'x' }],
          subject: { reference: 'Patient/1' },
          extension: [{ url: 'urn:x', valueCode: 'x' }],
        }),
      ],
      [observation({}), 'error Observation'],
    ],
  },
  {
    title: 'profiles of types: of elements, of contained resources; one that is not known is said',
    chain: [
      definition('Nested', 'Observation', [
        element('Observation.value[x]', { type: [{ code: 'Quantity', profile: [own('Grams')] }] }),
        element('Observation.contained', { type: [{ code: 'Observation', profile: [own('Amended')] }] }),
        element('Observation.referenceRange', { type: [{ code: 'BackboneElement', profile: ['urn:nobody'] }] }),
      ]),
    ],
    beside: [
      definition('Grams', 'Quantity', [element('Quantity.code', { min: 1, fixedCode: 'g' })]),
      definition('Amended', 'Observation', [element('Observation.status', { fixedCode: 'amended' })]),
    ],
    resources: [
      [observation({ valueQuantity: { code: 'g' }, contained: [{ ...observation({}), status: 'amended' }] })],
      [observation({ valueQuantity: { value: 1 } }), 'error Observation.value.code'],
      [observation({ contained: [observation({})] }), 'error Observation.contained[0].status'],
      [observation({ contained: [{ resourceType: 'Patient' }] }), 'error Observation.contained[0]'],
      [observation({ referenceRange: [{ text: 'x' }] }), 'information Observation.referenceRange[0]'],
    ],
  },
  {
    title: 'targets of references: their type, their profile inside, and what was not looked at',
    chain: [
      definition('Targets', 'Observation', [
        element('Observation.subject', { type: [{ code: 'Reference', targetProfile: [own('Adult')] }] }),
      ]),
    ],
    beside: [definition('Adult', 'Patient', [element('Patient.birthDate', { min: 1 })])],
    resources: [
      [
        observation({
          contained: [{ resourceType: 'Patient', id: 'p', birthDate: '1950' }],
          subject: { reference: '#p' },
        }),
      ],
      [
        observation({ contained: [{ resourceType: 'Patient', id: 'p' }], subject: { reference: '#p' } }),
        'error Observation.subject',
      ],
      [observation({ subject: { reference: 'Group/1' } }), 'error Observation.subject'],
      [observation({ subject: { reference: 'Patient/1' } }), 'information Observation.subject'],
    ],
  },
];

describe.each(features)('$title', ({ chain, beside = [], resources }) => {
  const trees = new Map([...chain, ...beside].map((one) => [String(one['url']), profileTree([one])]));
  const surroundings: ProfileSurroundings = {
    profile: (url) => trees.get(url),
    isMember: (url, system, code) => (sets[url] === undefined ? undefined : isMemberOf(sets[url], system, code)),
  };
  test.each(resources)('%j', (resource, ...found) => {
    const issues = checkProfile(resource as Json, profileTree(chain), surroundings);
    expect(issues.map(({ severity, expression }) => `${severity} ${expression![0]}`)).toEqual(found);
  });
});

describe('extensions are held against their definitions wherever they stand', () => {
  const extension = (name: string, contexts: readonly Json[], more: readonly Json[] = [], root: Json = {}): Resource =>
    definition(
      name,
      'Extension',
      [element('Extension', root), element('Extension.url', { fixedUri: own(name) }), ...more],
      { context: contexts },
    );
  const onName = extension(
    'on-name',
    [{ type: 'element', expression: 'HumanName' }],
    [element('Extension.value[x]', { min: 1, type: [{ code: 'boolean' }] })],
  );
  const known: readonly Resource[] = [
    onName,
    extension('on-date', [{ type: 'element', expression: 'Patient.birthDate' }]),
    extension('on-value', [{ type: 'element', expression: 'Observation.value[x]' }]),
    extension('on-item', [{ type: 'element', expression: 'Questionnaire.item' }]),
    extension('inner', [{ type: 'extension', expression: own('anywhere') }]),
    extension('anywhere', [{ type: 'element', expression: 'Element' }]),
    extension('modifier', [{ type: 'element', expression: 'DomainResource' }], [], { isModifier: true }),
  ];
  const find = (url: string) => {
    const found = known.find((one) => one['url'] === url);
    const surroundings = { profile: () => undefined, isMember: () => undefined };
    return found && { definition: found, tree: profileTree([found]), surroundings };
  };
  const ext = (name: string, more: Json = { valueString: 'x' }): Json => ({ url: own(name), ...more });
  const cases: readonly (readonly [Json, ...string[]])[] = [
    [{ resourceType: 'Patient', name: [{ extension: [ext('on-name', { valueBoolean: true })] }] }],
    [
      { resourceType: 'Patient', name: [{ extension: [ext('on-name')] }] },
      'error structure Patient.name[0].extension[0].value',
    ],
    [
      { resourceType: 'Patient', extension: [ext('on-name', { valueBoolean: true })] },
      'error extension Patient.extension[0]',
    ],
    [{ resourceType: 'Patient', contact: [{ name: { extension: [ext('on-name', { valueBoolean: true })] } }] }],
    [{ resourceType: 'Patient', _birthDate: { extension: [ext('on-date')] } }],
    [
      { resourceType: 'Patient', _gender: { extension: [ext('on-date')] } },
      'error extension Patient.gender.extension[0]',
    ],
    [{ resourceType: 'Observation', valueQuantity: { extension: [ext('on-value')] } }],
    [
      { resourceType: 'Observation', code: { extension: [ext('on-value')] } },
      'error extension Observation.code.extension[0]',
    ],
    [{ resourceType: 'Questionnaire', item: [{ item: [{ extension: [ext('on-item')] }] }] }],
    [{ resourceType: 'Patient', extension: [ext('anywhere', { extension: [ext('inner')] })] }],
    [{ resourceType: 'Patient', extension: [ext('inner')] }, 'error extension Patient.extension[0]'],
    [{ resourceType: 'Patient', modifierExtension: [ext('modifier')] }],
    [{ resourceType: 'Patient', extension: [ext('modifier')] }, 'error extension Patient.extension[0]'],
    [{ resourceType: 'Patient', modifierExtension: [ext('anywhere')] }, 'error extension Patient.modifierExtension[0]'],
    [{ resourceType: 'Patient', extension: [ext('unknown')] }, 'information incomplete Patient.extension[0]'],
    [
      { resourceType: 'Patient', modifierExtension: [ext('unknown')] },
      'warning incomplete Patient.modifierExtension[0]',
    ],
    [{ resourceType: 'Patient', extension: [{ url: 'part', valueString: 'x' }] }],
    [
      {
        resourceType: 'Bundle',
        entry: [{ resource: { resourceType: 'Patient', extension: [ext('on-name', { valueBoolean: true })] } }],
      },
      'error extension Bundle.entry[0].resource.extension[0]',
    ],
  ];
  test.each(cases)('%j', (resource, ...found) => {
    const issues = checkExtensions(resource as Json, loadDefinitions(), find);
    expect(issues.map(({ severity, code, expression }) => `${severity} ${code} ${expression![0]}`)).toEqual(found);
  });
});

test('a uri may be an OID whose arcs begin with zeros, as published profiles have them; one of letters it may not', () => {
  const validator = compileValidator(loadDefinitions());
  const basic = (system: string): Json => ({ resourceType: 'Basic', code: { coding: [{ system, code: 'x' }] } });
  expect(validator.validate(basic('urn:oid:2.16.578.1.12.4.1.1.0000'))).toEqual([]);
  expect(validator.validate(basic('urn:oid:X.Y.Z'))).toHaveLength(1);
});

test('what an extensible binding of R4 would rather have is a warning', () => {
  const reason = (code: string): Json => ({
    resourceType: 'Observation',
    dataAbsentReason: coding(code, 'http://terminology.hl7.org/CodeSystem/data-absent-reason'),
  });
  expect(checkExtensible(reason('masked'), loadDefinitions())).toEqual([]);
  expect(checkExtensible(reason('lazy'), loadDefinitions())).toMatchObject([
    { severity: 'warning', code: 'code-invalid', expression: ['Observation.dataAbsentReason'] },
  ]);
  expect(checkExtensible({ resourceType: 'Observation', dataAbsentReason: { text: 'x' } }, loadDefinitions())).toEqual(
    [],
  );
});

test.each<[Json, string[]]>([
  [observation({ code: coding('8867-4', 'http://loinc.org') }), ['heartrate']],
  [observation({ code: coding('85354-9', 'http://loinc.org') }), ['bp']],
  [
    observation({ category: [coding('vital-signs', 'http://terminology.hl7.org/CodeSystem/observation-category')] }),
    ['vitalsigns'],
  ],
  [observation({ code: coding('8867-4', 'urn:other') }), []],
  [{ resourceType: 'Condition', code: coding('8867-4', 'http://loinc.org') }, []],
])('the code or category says which vital signs profile counts: %j → %j', (resource, names) => {
  expect(vitalSignsProfiles(resource)).toEqual(names.map(r4));
});

test('a value set that can be listed in part says yes, no, or that it cannot tell', async () => {
  const source = {
    valueSet: () => Promise.resolve(undefined),
    codeSystem: () => Promise.resolve(undefined),
    standard: () => undefined,
  };
  const membership = await membershipIn(
    {
      resourceType: 'ValueSet',
      compose: {
        include: [
          { system: 'urn:listed', concept: [{ code: 'a' }, { code: 'b' }] },
          { system: 'urn:filtered', filter: [{ property: 'concept', op: 'is-a', value: 'x' }] },
          { system: 'urn:whole' },
        ],
        exclude: [{ system: 'urn:listed', concept: [{ code: 'b' }] }],
      },
    },
    source,
  );
  const exists = (system: string, code: string): boolean | undefined =>
    system === 'urn:whole' ? code === 'ok' : undefined;
  expect(
    [
      ['urn:listed', 'a'],
      ['urn:listed', 'b'],
      ['urn:other', 'a'],
      ['urn:filtered', 'y'],
      ['urn:whole', 'ok'],
      ['urn:whole', 'none'],
    ].map(([system, code]) => isMemberOf(membership, system, code!, exists)),
  ).toEqual([true, false, false, undefined, true, false]);
});
