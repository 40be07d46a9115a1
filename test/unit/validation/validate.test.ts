import { loadDefinitions } from '../../../src/fhir/definitions.js';
import { cloneJson, parseJson } from '../../../src/fhir/json.js';
import type { Resource } from '../../../src/fhir/resource.js';
import { compileValidator } from '../../../src/validation/compile-validator.js';
import { validResources } from './valid-resources.js';

const validator = compileValidator(loadDefinitions());

test.each(Object.keys(validResources))('the resource «%s» is valid', (name) => {
  expect(validator.validate(validResources[name])).toEqual([]);
});

type Case = readonly [
  title: string,
  name: keyof typeof validResources,
  change: string,
  code: string,
  expression: string,
  says: string,
];

/** `change` is JSON: path → new value (`undefined` as "-" removes). */
const cases: readonly Case[] = [
  // structure
  ['an unknown element', 'heartRate', 'colour=1', 'structure', 'Observation.colour', 'has no element "colour"'],
  [
    'an unknown element further down',
    'heartRate',
    'code.kode=1',
    'structure',
    'Observation.code.kode',
    'CodeableConcept has no element "kode"',
  ],
  [
    'an element of another resource type',
    'patient',
    'status="final"',
    'structure',
    'Patient.status',
    'Patient has no element',
  ],
  [
    'an element added by a later release',
    'heartRate',
    'triggeredBy=[]',
    'structure',
    'Observation.triggeredBy',
    'has no element',
  ],
  [
    'a list where one value belongs',
    'heartRate',
    'status=["final"]',
    'structure',
    'Observation.status',
    'without square brackets',
  ],
  [
    'one value where a list belongs',
    'patient',
    'name={"family":"X"}',
    'structure',
    'Patient.name',
    'in square brackets',
  ],
  [
    'a single string where a list belongs',
    'patient',
    'name.0._given=-;name.0.given="Ola"',
    'structure',
    'Patient.name[0].given',
    'in square brackets',
  ],
  ['an empty list', 'heartRate', 'category=[]', 'structure', 'Observation.category', 'may not be empty'],
  ['an empty object', 'heartRate', 'code={}', 'structure', 'Observation.code', 'may not be empty'],
  ['an empty string', 'heartRate', 'code.text=""', 'value', 'Observation.code.text', 'may not be empty'],
  ['null', 'heartRate', 'status=null', 'structure', 'Observation.status', 'null is no value'],
  [
    'null in a list of objects',
    'heartRate',
    'category.0=null',
    'structure',
    'Observation.category[0]',
    'null is no value',
  ],
  [
    'a string where an object belongs',
    'heartRate',
    'code="8867-4"',
    'structure',
    'Observation.code',
    'must be a JSON object',
  ],
  [
    'an object where a string belongs',
    'heartRate',
    'status={"x":1}',
    'value',
    'Observation.status',
    'must be a JSON string',
  ],
  // cardinality
  ['a missing required element', 'heartRate', 'code=-', 'required', 'Observation.code', 'must have code'],
  ['a missing required status', 'carePlan', 'status=-', 'required', 'CarePlan.status', 'must have status'],
  [
    'a missing required element further down',
    'questionnaire',
    'item.0.item.0.linkId=-',
    'required',
    'Questionnaire.item[0].item[0].linkId',
    'Questionnaire.item must have linkId',
  ],
  [
    'a missing required choice',
    'task',
    'input.0.valueReference=-',
    'required',
    'Task.input[0].value',
    'must have value',
  ],
  ['a missing required list', 'provenance', 'agent=-', 'required', 'Provenance.agent', 'must have agent'],
  // choices
  [
    'two types of one choice',
    'heartRate',
    'valueString="x"',
    'structure',
    'Observation.value',
    'Only one type of value[x]',
  ],
  [
    'two types, one by extension only',
    'heartRate',
    '_valueString={"extension":[{"url":"http://x.example","valueCode":"a"}]}',
    'structure',
    'Observation.value',
    'Only one type',
  ],
  [
    'a type the choice does not have',
    'heartRate',
    'valueMoney={"value":1}',
    'structure',
    'Observation.valueMoney',
    'has no element "valueMoney"',
  ],
  ['a choice without type', 'heartRate', 'value=1', 'structure', 'Observation.value', 'has no element "value"'],
  // primitive formats
  [
    'a number as string',
    'heartRate',
    'valueQuantity.value="72"',
    'value',
    'Observation.value.ofType(Quantity).value',
    'JSON number, without quotes',
  ],
  ['a string as number', 'heartRate', 'code.text=72', 'value', 'Observation.code.text', 'must be a JSON string'],
  [
    'a boolean as string',
    'patient',
    'deceasedBoolean="false"',
    'value',
    'Patient.deceased.ofType(boolean)',
    'true or false',
  ],
  ['a whole number with decimals', 'patient', 'telecom.0.rank=1.5', 'value', 'Patient.telecom[0].rank', 'whole number'],
  ['a positive number of zero', 'patient', 'telecom.0.rank=0', 'value', 'Patient.telecom[0].rank', 'at least 1'],
  [
    'a negative size',
    'documentReference',
    'content.0.attachment.size=-1',
    'value',
    'DocumentReference.content[0].attachment.size',
    'at least 0',
  ],
  [
    'a number beyond 31 bits',
    'task',
    'restriction.repetitions=2147483648',
    'value',
    'Task.restriction.repetitions',
    'whole number',
  ],
  [
    'a number too large',
    'heartRate',
    'valueQuantity.value=1e400',
    'value',
    'Observation.value.ofType(Quantity).value',
    'too large',
  ],
  [
    'an exponent too large',
    'heartRate',
    'valueQuantity.value=1e-301',
    'value',
    'Observation.value.ofType(Quantity).value',
    'exponent',
  ],
  [
    'a day that does not exist',
    'patient',
    'birthDate="2026-02-29"',
    'value',
    'Patient.birthDate',
    'does not exist in the calendar',
  ],
  ['a date of another country', 'patient', 'birthDate="12.03.1948"', 'value', 'Patient.birthDate', 'write it as'],
  ['a date with time', 'patient', 'birthDate="1948-03-12T00:00:00Z"', 'value', 'Patient.birthDate', 'not a date'],
  [
    'a time without offset',
    'heartRate',
    'effectiveDateTime="2026-03-02T09:00:00"',
    'value',
    'Observation.effective.ofType(dateTime)',
    'seconds and an offset',
  ],
  [
    'a time without seconds',
    'heartRate',
    'effectiveDateTime="2026-03-02T09:00+01:00"',
    'value',
    'Observation.effective.ofType(dateTime)',
    'seconds',
  ],
  [
    'an hour that does not exist',
    'heartRate',
    'effectiveDateTime="2026-03-02T24:00:00Z"',
    'value',
    'Observation.effective.ofType(dateTime)',
    'date with time',
  ],
  [
    'an instant that is a date',
    'provenance',
    'recorded="2026-03-02"',
    'value',
    'Provenance.recorded',
    'not an instant',
  ],
  [
    'a time of day without seconds',
    'carePlan',
    'activity.0.detail.scheduledTiming.repeat.timeOfDay.0="08:00"',
    'value',
    'CarePlan.activity[0].detail.scheduled.ofType(Timing).repeat.timeOfDay[0]',
    'time of day',
  ],
  ['an id with a space', 'heartRate', 'id="a b"', 'value', 'Observation.id', 'An id has'],
  ['an id that is too long', 'heartRate', `id="${'a'.repeat(65)}"`, 'value', 'Observation.id', 'An id has'],
  [
    'a uri with a space',
    'heartRate',
    'code.coding.0.system="http://loinc org"',
    'value',
    'Observation.code.coding[0].system',
    'may not contain spaces',
  ],
  [
    'a malformed OID',
    'heartRate',
    'code.coding.0.system="urn:oid:2.16.x"',
    'value',
    'Observation.code.coding[0].system',
    'no OID follows',
  ],
  [
    'a malformed UUID',
    'heartRate',
    'code.coding.0.system="urn:uuid:123"',
    'value',
    'Observation.code.coding[0].system',
    'no UUID follows',
  ],
  [
    'a code with a space at its end',
    'heartRate',
    'code.coding.0.code="8867-4 "',
    'value',
    'Observation.code.coding[0].code',
    'A code may not',
  ],
  ['data that is not base64', 'binary', 'data="a*b="', 'value', 'Binary.data', 'not base64'],
  ['base64 of a wrong length', 'binary', 'data="YWJ"', 'value', 'Binary.data', 'multiple of four'],
  // extensions of primitives
  [
    'an extension of a primitive that is no object',
    'patient',
    '_birthDate="x"',
    'structure',
    'Patient.birthDate',
    'JSON object',
  ],
  [
    'an unknown element beside a primitive',
    'patient',
    '_birthDate={"value":"x"}',
    'structure',
    'Patient.birthDate.value',
    'Element has no element',
  ],
  [
    'null beside no value',
    'patient',
    'name.0={"family":"X","_given":[null]}',
    'structure',
    'Patient.name[0].given[0]',
    'null is no value',
  ],
  [
    'an extension without value',
    'carePlan',
    'extension.0={"url":"http://x.example"}',
    'invariant',
    'CarePlan.extension[0]',
    '(ext-1)',
  ],
  [
    'an extension with value and extensions',
    'carePlan',
    'extension.0.valueCode="x"',
    'invariant',
    'CarePlan.extension[0]',
    '(ext-1)',
  ],
  [
    'an extension without url',
    'carePlan',
    'extension.0.url=-',
    'required',
    'CarePlan.extension[0].url',
    'must have url',
  ],
  // bindings
  [
    'a status that does not exist',
    'heartRate',
    'status="bogus"',
    'code-invalid',
    'Observation.status',
    '"bogus" does not exist here; use registered, preliminary, final',
  ],
  [
    'a code of the wrong case',
    'patient',
    'gender="Male"',
    'code-invalid',
    'Patient.gender',
    'use male, female, other or unknown',
  ],
  [
    'a concept from another system',
    'condition',
    'clinicalStatus.coding.0.system="http://x.example"',
    'code-invalid',
    'Condition.clinicalStatus',
    'does not exist here',
  ],
  [
    'a required concept with text only',
    'condition',
    'clinicalStatus={"text":"frisk"}',
    'code-invalid',
    'Condition.clinicalStatus',
    'A code is needed',
  ],
  [
    'a media type that is none',
    'binary',
    'contentType="tekst"',
    'code-invalid',
    'Binary.contentType',
    'does not exist',
  ],
  [
    'a currency that is none',
    'money',
    'totalNet.currency="kroner"',
    'code-invalid',
    'Invoice.totalNet.currency',
    'does not exist',
  ],
  // references
  [
    'a reference to the wrong type',
    'heartRate',
    'device={"reference":"Patient/1"}',
    'value',
    'Observation.device.reference',
    'A reference to Patient is not allowed here; it must be to Device or DeviceMetric',
  ],
  [
    'a full URL to the wrong type',
    'heartRate',
    'device={"reference":"https://x.example/fhir/Patient/1"}',
    'value',
    'Observation.device.reference',
    'not allowed here',
  ],
  [
    'a logical reference to the wrong type',
    'heartRate',
    'subject.type="Organization"',
    'value',
    'Observation.subject.type',
    'not allowed here',
  ],
  [
    'a type that contradicts the reference',
    'heartRate',
    'subject={"reference":"Patient/1","type":"Group"}',
    'value',
    'Observation.subject.type',
    'points at Patient, but its type says Group',
  ],
  [
    'a reference to a type that does not exist',
    'heartRate',
    'subject={"reference":"Pasient/1"}',
    'value',
    'Observation.subject.reference',
    '"Pasient" is not a resource type',
  ],
  [
    'a reference without id',
    'heartRate',
    'subject={"reference":"Patient"}',
    'value',
    'Observation.subject.reference',
    'not a reference',
  ],
  [
    'a search as reference outside a transaction',
    'heartRate',
    'subject={"reference":"Patient?identifier=x"}',
    'value',
    'Observation.subject.reference',
    'only possible inside a transaction',
  ],
  [
    'a reference to another kind of entry',
    'transaction',
    'entry.1.resource.device={"reference":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"}',
    'value',
    'Bundle.entry[1].resource.device.reference',
    'A reference to Patient is not allowed',
  ],
  // contained resources
  [
    'a reference to a contained resource that is not there',
    'bloodPressure',
    'device.reference="#x"',
    'value',
    'Observation.device.reference',
    '(ref-1)',
  ],
  [
    'a contained resource nobody refers to',
    'bloodPressure',
    'device=-',
    'invariant',
    'Observation.contained[0]',
    '(dom-3)',
  ],
  [
    'a contained resource without id',
    'bloodPressure',
    'contained.0.id=-;device=-',
    'invariant',
    'Observation.contained[0]',
    'needs an id',
  ],
  [
    'a contained resource inside a contained one',
    'bloodPressure',
    'contained.0.contained=[{"resourceType":"Patient","id":"q"}]',
    'structure',
    'Observation.contained[0].contained[0]',
    '(dom-2)',
  ],
  [
    'a contained resource with a version',
    'bloodPressure',
    'contained.0.meta={"versionId":"1"}',
    'invariant',
    'Observation.contained[0]',
    '(dom-4)',
  ],
  [
    'a contained resource with a security label',
    'bloodPressure',
    'contained.0.meta={"security":[{"code":"R"}]}',
    'invariant',
    'Observation.contained[0]',
    '(dom-5)',
  ],
  // nested resources
  [
    'an entry with an unknown resource type',
    'transaction',
    'entry.0.resource.resourceType="Pasient"',
    'structure',
    'Bundle.entry[0].resource',
    'not a resource type',
  ],
  [
    'an entry without resource type',
    'transaction',
    'entry.0.resource.resourceType=-',
    'structure',
    'Bundle.entry[0].resource',
    'needs its type',
  ],
  [
    'a mistake inside an entry',
    'transaction',
    'entry.1.resource.status="x"',
    'code-invalid',
    'Bundle.entry[1].resource.status',
    'does not exist',
  ],
  [
    'a mistake inside a parameter',
    'parameters',
    'parameter.1.part.0.resource.gender="x"',
    'code-invalid',
    'Parameters.parameter[1].part[0].resource.gender',
    'does not exist',
  ],
  // narrative
  [
    'a script in the narrative',
    'heartRate',
    'text.div="<div xmlns=\\"http://www.w3.org/1999/xhtml\\"><script>x</script></div>"',
    'value',
    'Observation.text.div',
    '(txt-1)',
  ],
  // invariants written by hand
  [
    'a period that ends before it starts',
    'bloodPressure',
    'effectivePeriod={"start":"2026-03-02","end":"2026-03-01"}',
    'invariant',
    'Observation.effective.ofType(Period)',
    '(per-1)',
  ],
  [
    'a value and a reason for its absence',
    'heartRate',
    'dataAbsentReason={"text":"x"}',
    'invariant',
    'Observation',
    '(obs-6)',
  ],
  [
    'a component that repeats the code of a value',
    'heartRate',
    'component=[{"code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}]}}]',
    'invariant',
    'Observation',
    '(obs-7)',
  ],
  [
    'a reference range without limits',
    'heartRate',
    'referenceRange=[{"type":{"text":"x"}}]',
    'invariant',
    'Observation.referenceRange[0]',
    '(obs-3)',
  ],
  [
    'a comparator in a simple quantity',
    'heartRate',
    'referenceRange.0.low.comparator="<"',
    'invariant',
    'Observation.referenceRange[0].low',
    '(sqty-1)',
  ],
  [
    'a range upside down',
    'condition',
    'onsetAge=-;onsetRange={"low":{"value":2},"high":{"value":1}}',
    'invariant',
    'Condition.onset.ofType(Range)',
    '(rng-2)',
  ],
  [
    'a unit code without system',
    'heartRate',
    'valueQuantity.system=-',
    'invariant',
    'Observation.value.ofType(Quantity)',
    '(qty-3)',
  ],
  [
    'an age in hours of another system',
    'condition',
    'onsetAge.system="http://x.example"',
    'invariant',
    'Condition.onset.ofType(Age)',
    '(age-1)',
  ],
  [
    'an expression without expression',
    'planDefinition',
    'action.0.condition.0.expression.expression=-',
    'invariant',
    'PlanDefinition.action[0].condition[0].expression',
    '(exp-1)',
  ],
  [
    'an abatement of what is not over',
    'condition',
    'clinicalStatus.coding.0.code="active"',
    'invariant',
    'Condition',
    '(con-4)',
  ],
  [
    'an activity with detail and reference',
    'carePlan',
    'activity.0.reference={"reference":"Task/1"}',
    'invariant',
    'CarePlan.activity[0]',
    '(cpl-3)',
  ],
  [
    'a schedule with a period but no unit',
    'carePlan',
    'activity.0.detail.scheduledTiming.repeat.periodUnit=-',
    'invariant',
    'CarePlan.activity[0].detail.scheduled.ofType(Timing).repeat',
    '(tim-2)',
  ],
  [
    'a schedule with times and events',
    'carePlan',
    'activity.0.detail.scheduledTiming.repeat.when=["AC"]',
    'invariant',
    'CarePlan.activity[0].detail.scheduled.ofType(Timing).repeat',
    '(tim-10)',
  ],
  ['a contact point without system', 'patient', 'telecom.0.system=-', 'invariant', 'Patient.telecom[0]', '(cpt-2)'],
  ['a contact without anything', 'patient', 'contact.0.name=-', 'invariant', 'Patient.contact[0]', '(pat-1)'],
  [
    'an organization with a home address',
    'organization',
    'telecom.0.use="home"',
    'invariant',
    'Organization.telecom[0]',
    '(org-3)',
  ],
  [
    'an organization without name or identifier',
    'organization',
    'identifier=-',
    'invariant',
    'Organization',
    '(org-1)',
  ],
  ['a task modified before it was written', 'task', 'lastModified="2026-03-01"', 'invariant', 'Task', '(inv-1)'],
  [
    'order details without code',
    'serviceRequest',
    'code=-;orderDetail=[{"text":"x"}]',
    'invariant',
    'ServiceRequest',
    '(prr-1)',
  ],
  ['a linkId used twice', 'questionnaire', 'item.1.linkId="1.1"', 'invariant', 'Questionnaire', '(que-2)'],
  ['a group without items', 'questionnaire', 'item.0.item=-', 'invariant', 'Questionnaire.item[0]', '(que-1)'],
  [
    'a display item with a code',
    'questionnaire',
    'item.1.code=[{"code":"x"}]',
    'invariant',
    'Questionnaire.item[1]',
    '(que-3)',
  ],
  [
    'an answer beside items',
    'questionnaireResponse',
    'item.0.answer=[{"valueBoolean":true}]',
    'invariant',
    'QuestionnaireResponse.item[0]',
    '(qrs-1)',
  ],
  [
    'data without content type',
    'documentReference',
    'content.0.attachment.contentType=-',
    'invariant',
    'DocumentReference.content[0].attachment',
    '(att-1)',
  ],
  [
    'a parameter with value and resource',
    'parameters',
    'parameter.0.resource={"resourceType":"Patient"}',
    'invariant',
    'Parameters.parameter[0]',
    '(inv-1)',
  ],
  [
    'a trigger without what its type needs',
    'planDefinition',
    'action.0.trigger.0.name=-',
    'invariant',
    'PlanDefinition.action[0].trigger[0]',
    '(trd-3)',
  ],
  ['a transaction entry without request', 'transaction', 'entry.0.request=-', 'invariant', 'Bundle', '(bdl-3)'],
  [
    'two entries with one fullUrl',
    'transaction',
    'entry.0.fullUrl="urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e1";entry.1.resource.subject=-',
    'invariant',
    'Bundle',
    '(bdl-7)',
  ],
  [
    'a message that does not begin with a MessageHeader',
    'message',
    'entry.0.resource={"resourceType":"Patient"}',
    'invariant',
    'Bundle',
    '(bdl-12)',
  ],
  ['an empty entry', 'transaction', 'entry.2={"id":"x"}', 'invariant', 'Bundle.entry[2]', '(bdl-5)'],
  // invariants by FHIRPath
  [
    'a search parameter with xpath but no usage',
    'searchParameter',
    'xpath="x"',
    'invariant',
    'SearchParameter',
    '(spd-1)',
  ],
  [
    'a reference sequence with half a genome',
    'sequence',
    'referenceSeq={"genomeBuild":"GRCh37"}',
    'invariant',
    'MolecularSequence.referenceSeq',
    '(msq-5)',
  ],
  [
    'an insured benefit with neither name nor identifier',
    'insurancePlan',
    'name=-',
    'invariant',
    'InsurancePlan',
    '(ipn-1)',
  ],
];

const omitted = '-';

/** Applies `path=json;path=json`; `-` removes. */
function changed(name: string, change: string): Resource {
  const resource = cloneJson(validResources[name]!);
  for (const step of change.split(/;(?=[\w.]+=)/)) {
    const at = step.indexOf('=');
    const keys = step.slice(0, at).split('.');
    const last = keys.pop()!;
    const target = keys.reduce<Record<string, unknown>>(
      (object, key) => object[key] as Record<string, unknown>,
      resource,
    );
    if (step.slice(at + 1) === omitted) delete target[last];
    else target[last] = parseJson(step.slice(at + 1));
  }
  return resource;
}

test.each(cases)('%s is refused (%s: %s)', (_title, name, change, code, expression, says) => {
  const issues = validator.validate(changed(name, change));
  expect(issues).toContainEqual({
    severity: 'error',
    code,
    expression: [expression],
    diagnostics: expect.stringContaining(says),
  });
  expect(issues.filter((issue) => says.includes('dom-3') || !issue.diagnostics.includes('(dom-3)'))).toHaveLength(1);
});

test.each([
  ['null', null],
  ['a string', 'x'],
  ['a list', []],
  ['a number', 1],
  ['a decimal', parseJson('1.0')],
])('%s is no resource', (_title, value) => {
  expect(validator.validate(value)).toEqual([
    { severity: 'error', code: 'structure', diagnostics: expect.stringContaining('must be a resource') },
  ]);
});

test.each(['Pasient', 'DomainResource', 'Quantity', 'SubscriptionStatus', 'toString', ''])(
  '%j is no resource type',
  (resourceType) => {
    expect(validator.validate({ resourceType })).toEqual([
      { severity: 'error', code: 'structure', diagnostics: expect.stringContaining('is not a resource type') },
    ]);
  },
);

test('a decimal that a double would change is a valid value', () => {
  const observation = { ...cloneJson(validResources.heartRate!), valueQuantity: parseJson('{"value":36.70}') };
  expect(validator.validate(observation)).toEqual([]);
});

test('what a client sent is repeated only where it cannot be personal', () => {
  const issues = validator.validate({
    resourceType: 'Patient',
    '13116900216': 1,
    gender: '13116900216',
    name: [{ use: 'Ola Prøvepasient 13116900216' }],
  });
  expect(issues).toHaveLength(3);
  expect(JSON.stringify(issues)).not.toMatch(/13116900216|Prøvepasient/);
});

test('no more than a hundred issues are reported', () => {
  const category = Array.from({ length: 100_000 }, () => ({ x: 1 }));
  expect(validator.validate({ ...validResources.heartRate, category })).toHaveLength(100);
});

test('the entries of a Bundle are left alone when asked', () => {
  const bundle = changed('transaction', 'entry.1.resource.status="x"');
  expect(validator.validate(bundle, { entryResources: false })).toEqual([]);
});

test('searches as references are allowed when asked', () => {
  const observation = changed('heartRate', 'subject={"reference":"Patient?identifier=x"}');
  expect(validator.validate(observation, { conditionalReferences: true })).toEqual([]);
});

test('a contained resource may refer to its container', () => {
  const plan = {
    resourceType: 'CarePlan',
    status: 'draft',
    intent: 'plan',
    subject: { reference: 'Patient/1' },
    contained: [{ resourceType: 'Task', id: 't', status: 'requested', intent: 'order', focus: { reference: '#' } }],
  };
  expect(validator.validate(plan)).toEqual([]);
});

test('the type of a contained resource is checked against the reference', () => {
  const observation = changed('bloodPressure', 'contained.0={"resourceType":"Organization","id":"d","name":"x"}');
  expect(validator.validate(observation).map((issue) => issue.diagnostics)).toEqual([
    expect.stringContaining('A reference to Organization is not allowed here'),
  ]);
});
