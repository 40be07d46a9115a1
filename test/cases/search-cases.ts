import type { Resource } from '../../src/fhir/resource.js';
import { parseJson } from '../../src/fhir/json.js';
import { edgeCases } from './search-edge-cases.js';

/** A resource, and for each query of its type whether the resource is found. */
export interface SearchCase {
  readonly title: string;
  readonly resource: Resource;
  readonly queries: readonly (readonly [query: string, found: boolean])[];
}

const read = (text: string): Resource => parseJson(text) as Resource;

const observation = (elements: string): Resource =>
  read(`{"resourceType":"Observation","id":"o1","status":"final",${elements}}`);

const heartRate = observation(`
  "meta":{"profile":["http://hl7.org/fhir/StructureDefinition/heartrate"],"tag":[{"system":"http://example.org/tags","code":"demo"}],"source":"urn:example:kit"},
  "identifier":[{"system":"http://example.org/obs","value":"A-1"}],
  "category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],
  "code":{"coding":[{"system":"http://loinc.org","code":"8867-4"},{"system":"urn:iso:std:iso:11073:10101","code":"147842"}],"text":"Puls"},
  "subject":{"reference":"Patient/p1"},
  "performer":[{"reference":"Practitioner/s1"},{"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.4","value":"999000101"}}],
  "device":{"reference":"https://example.org/fhir/Device/7"},
  "effectiveDateTime":"2026-03-02T10:30:00+01:00",
  "valueQuantity":{"value":72,"unit":"slag/min","system":"http://unitsofmeasure.org","code":"/min"}`);

const bloodPressure = observation(`
  "code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},
  "effectivePeriod":{"start":"2026-03-01","end":"2026-03-03"},
  "component":[
    {"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":128,"system":"http://unitsofmeasure.org","code":"mm[Hg]"}},
    {"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueQuantity":{"value":82,"system":"http://unitsofmeasure.org","code":"mm[Hg]"}}]`);

const patient = read(`{"resourceType":"Patient","id":"p9","active":true,
  "identifier":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}]},"system":"http://example.org/mrn","value":"J,1|2"}],
  "name":[{"family":"Ødegård-Nilsen","given":["Åse Marie","Zoë"],"prefix":["dr."]}],
  "telecom":[{"system":"phone","value":"22 33 44 55"},{"system":"email","value":"ase@example.org"}],
  "gender":"female","birthDate":"1948-02-29","deceasedBoolean":false,
  "address":[{"line":["Kirkegata 1"],"city":"Tromsø","postalCode":"9008","country":"NO"}],
  "generalPractitioner":[{"reference":"Practitioner/g1"}]}`);

const task = read(`{"resourceType":"Task","id":"t1","status":"requested","intent":"order","priority":"urgent",
  "extension":[{"url":"http://hjemmebro.no/fhir/StructureDefinition/dho-colour","valueCoding":{"system":"http://hjemmebro.no/fhir/CodeSystem/dho-colour","code":"red"}}],
  "code":{"coding":[{"system":"http://hjemmebro.no/fhir/CodeSystem/task-code","code":"handle-alert"}]},
  "for":{"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"12834812019"}},
  "focus":{"reference":"DetectedIssue/d1/_history/2"},
  "restriction":{"period":{"end":"2026-03-02T12:00:00+01:00"}}}`);

const date = (effective: string): Resource => observation(`"code":{"text":"x"},"effectiveDateTime":"${effective}"`);
const number = (probability: string): Resource =>
  read(
    `{"resourceType":"RiskAssessment","id":"r1","status":"final","subject":{"reference":"Patient/p1"},"prediction":[{"probabilityDecimal":${probability}}]}`,
  );
const quantity = (value: string): Resource => observation(`"code":{"text":"x"},"valueQuantity":${value}`);

/** https://hl7.org/fhir/R4/search.html: what each parameter type, prefix and modifier finds. */
export const searchCases: readonly SearchCase[] = [
  {
    title: 'a heart rate',
    resource: heartRate,
    queries: [
      ['code=8867-4', true],
      ['code=http://loinc.org|8867-4', true],
      ['code=urn:iso:std:iso:11073:10101|147842', true],
      ['code=http://loinc.org|147842', false],
      ['code=|8867-4', false],
      ['code=http://loinc.org|', true],
      ['code=http://snomed.info/sct|', false],
      ['code=1234-5,8867-4', true],
      ['code=1234-5', false],
      ['code:not=1234-5', true],
      ['code:not=8867-4', false],
      ['code:not=1234-5,8867-4', false],
      ['code:missing=false', true],
      ['code:missing=true', false],
      ['method:missing=true', true],
      ['combo-code=147842', true],
      ['component-code=8867-4', false],
      ['status=final', true],
      ['status=http://hl7.org/fhir/observation-status|final', true],
      ['status=http://example.org/other|final', false],
      ['status=|final', true],
      ['category=vital-signs&code=8867-4', true],
      ['category=laboratory&code=8867-4', false],
      ['identifier=A-1', true],
      ['identifier=http://example.org/obs|A-1', true],
      ['identifier=|A-1', false],
      ['identifier=a-1', false],
      ['identifier=http://example.org/obs|', true],
      ['subject=Patient/p1', true],
      ['subject=p1', true],
      ['subject:Patient=p1', true],
      ['subject:Group=p1', false],
      ['subject=Group/p1', false],
      ['patient=p1', true],
      ['patient=Patient/p1', true],
      ['patient=Patient/p2', false],
      ['patient=Group/p1', false],
      ['patient:missing=false', true],
      ['performer=Practitioner/s1', true],
      ['performer:identifier=urn:oid:2.16.578.1.12.4.1.4.4|999000101', true],
      ['performer:identifier=999000101', true],
      ['performer:identifier=http://example.org|999000101', false],
      ['device=https://example.org/fhir/Device/7', true],
      ['device=Device/7', false],
      ['_id=o1', true],
      ['_id=o2,o1', true],
      ['_id=o2', false],
      ['_id:not=o2', true],
      ['_tag=demo', true],
      ['_tag=http://example.org/tags|demo', true],
      ['_profile=http://hl7.org/fhir/StructureDefinition/heartrate', true],
      ['_profile=http://hl7.org/fhir/StructureDefinition/heart', false],
      ['_profile:below=http://hl7.org/fhir/', true],
      ['_profile:above=http://hl7.org/fhir/StructureDefinition/heartrate/more', true],
      ['_source=urn:example:kit', true],
      ['value-quantity=72', true],
      ['value-quantity=72|http://unitsofmeasure.org|/min', true],
      ['value-quantity=1.2|http://unitsofmeasure.org|Hz', true],
      ['value-quantity=72||/min', true],
      ['value-quantity=72||slag', false],
      ['value-quantity=72||slag/min', true],
      ['value-quantity=1.2||Hz', true],
      ['combo-code-value-quantity=8867-4$72', true],
      ['component-code-value-quantity=8867-4$72', false],
      ['_filter=code eq http://loinc.org|8867-4 and value-quantity gt 70', true],
      ['_filter=code eq http://loinc.org|8867-4 and value-quantity gt 72', false],
      ['_filter=(code eq 1 or code eq 8867-4) and (status eq final)', true],
      ['_filter=code eq 8867-4 or code eq 1 and status eq amended', true],
      ['_filter=not (code eq 8867-4)', false],
      ['_filter=code ne 8867-4', true],
      ['_filter=status ne final', false],
      ['_filter=subject re Patient/p1', true],
      ['_filter=subject eq Patient/p2', false],
      ['_filter=subject ne Patient/p2', true],
      ['_filter=date ge 2026-03-02 and date lt 2026-03-03', true],
      ['_filter=date sa 2026-03-02', false],
      ['_filter=method pr true', false],
      ['_filter=_id eq o2', false],
      ['_filter=_profile sw http://hl7.org/fhir/', true],
      ['_filter=value-quantity ap 70', true],
      ['value-quantity=72|http://unitsofmeasure.org|kg', false],
      ['value-quantity=gt71,lt20', true],
      ['value-quantity=gt72', false],
      ['code-value-quantity=8867-4$gt70', true],
      ['code-value-quantity=http://loinc.org|8867-4$gt80', false],
      ['code-value-quantity=8867-4$gt80,8867-4$lt80', true],
      ['date=2026-03-02', true],
      ['date=2026-03-02T10:30:00%2B01:00', true],
      ['date=2026-03-02T09:30:00Z', true],
      ['date=2026-03-02T10:30:00', true],
      ['date=2026-03-02T09:30', false],
    ],
  },
  {
    title: 'a blood pressure',
    resource: bloodPressure,
    queries: [
      ['component-code-value-quantity=8480-6$gt120', true],
      ['component-code-value-quantity=8480-6$lt100', false],
      ['component-code-value-quantity=http://loinc.org|8462-4$82|http://unitsofmeasure.org|mm[Hg]', true],
      ['component-code-value-quantity=8480-6$82', false],
      ['component-code-value-quantity=8480-6$82,8462-4$82', true],
      ['combo-code-value-quantity=8462-4$lt90', true],
      ['combo-code-value-quantity=8480-6$lt90', false],
      ['combo-code-value-quantity=85354-9$gt1', false],
      ['_filter=component-code eq 8480-6 and not (component-value-quantity gt 130)', true],
      ['_filter=component-value-quantity lt 10 or component-code ne 8480-6', true],
      ['_filter=date po 2026-03-02', true],
      ['_filter=date po 2026-03-04', false],
      ['_filter=date eq 2026-03-02', false],
      ['_filter=value-quantity pr false', true],
      ['component-code=8480-6', true],
      ['combo-code=8462-4', true],
      ['combo-code=85354-9', true],
      ['code=8480-6', false],
      ['component-value-quantity=gt120', true],
      ['combo-value-quantity=128|http://unitsofmeasure.org|mm[Hg]', true],
      ['combo-value-quantity=17|http://unitsofmeasure.org|kPa', true],
      ['combo-value-quantity=17.2|http://unitsofmeasure.org|kPa', false],
      ['value-quantity:missing=true', true],
      ['date=2026-03', true],
      ['date=2026-03-02', false],
      ['date=ap2026-03-02', true],
      ['date=ge2026-03-03', true],
      ['date=gt2026-03-03', false],
      ['date=lt2026-03-01', false],
      ['date=le2026-03-01', true],
      ['date=sa2026-02-28', true],
      ['date=sa2026-03-01', false],
      ['date=eb2026-03-04', true],
      ['date=eb2026-03-03', false],
    ],
  },
  {
    title: 'a patient',
    resource: patient,
    queries: [
      ['name=ødegård', true],
      ['name=Odegard', true],
      ['name=ODEGAARD', true],
      ['name=nilsen', false],
      ['name:contains=nilsen', true],
      ['_filter=name co "nilsen"', true],
      ['_filter=family ew nilsen', true],
      ['_filter=family sw nilsen', false],
      ['_filter=family eq "ødegård nilsen"', true],
      ['_filter=family eq ødegård', false],
      ['_filter=family ne "ødegård nilsen"', false],
      ['_filter=given ne "Zoe"', true],
      ['_filter=identifier eq http://example.org/mrn|J,1', false],
      ['_filter=birthdate lt 1950-01-01 and gender eq female', true],
      ['name=åse', true],
      ['name=Aase', true],
      ['name=zoe', true],
      ['name=dr', true],
      ['given=marie', false],
      ['family=øde', true],
      ['family:exact=Ødegård-Nilsen', true],
      ['family:exact=ødegård-nilsen', false],
      ['family:exact=Ødegård', false],
      ['family:missing=false', true],
      ['phonetic=ødegård', true],
      ['address-city=tromso', true],
      ['address=kirkegata', true],
      ['address=kirkegata%201', true],
      ['address-postalcode=90', true],
      ['gender=female', true],
      ['gender=http://hl7.org/fhir/administrative-gender|female', true],
      ['gender=male,other', false],
      ['active=true', true],
      ['active=false', false],
      ['deceased=false', true],
      ['deceased=true', false],
      ['birthdate=1948', true],
      ['birthdate=1948-02', true],
      ['birthdate=1948-02-29', true],
      ['birthdate=1948-02-28', false],
      ['birthdate=lt1950', true],
      ['birthdate=ge1948-02-29', true],
      ['birthdate=gt1948-02-29', false],
      ['birthdate=ne1948', false],
      ['birthdate=ne1949', true],
      ['identifier=J\\,1\\|2', true],
      ['identifier=http://example.org/mrn|J\\,1\\|2', true],
      ['identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|J\\,1\\|2', true],
      ['identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|SS|J\\,1\\|2', false],
      ['telecom=ase@example.org', true],
      ['email=ase@example.org', true],
      ['phone=ase@example.org', false],
      ['phone=22%2033%2044%2055', true],
      ['general-practitioner=Practitioner/g1', true],
      ['general-practitioner:Organization=g1', false],
      ['organization:missing=true', true],
    ],
  },
  {
    title: 'a task with a colour, a deadline and a logical patient',
    resource: task,
    queries: [
      ['dho-colour=red', true],
      ['dho-colour=http://hjemmebro.no/fhir/CodeSystem/dho-colour|red', true],
      ['dho-colour=yellow', false],
      ['due=le2026-03-02T12:00:00%2B01:00', true],
      ['due=lt2026-03-02', false],
      ['due=2026-03-02', true],
      ['subject:identifier=urn:oid:2.16.578.1.12.4.1.4.1|12834812019', true],
      ['patient:identifier=12834812019', true],
      ['patient:identifier=12834812020', false],
      ['patient:missing=false', true],
      ['focus=DetectedIssue/d1', true],
      ['focus=DetectedIssue/d1/_history/2', true],
      ['focus=DetectedIssue/d1/_history/3', false],
      ['priority=urgent,stat', true],
    ],
  },
  ...edgeCases,
  ...elementCases(),
  ...dateCases(),
  ...numberCases(),
  ...quantityCases(),
];

/** Composites over repeating elements of other types, and places. */
function elementCases(): readonly SearchCase[] {
  return [
    {
      title: 'a plan definition for two contexts',
      resource: read(`{"resourceType":"PlanDefinition","id":"pd1","status":"active","useContext":[
        {"code":{"system":"http://terminology.hl7.org/CodeSystem/usage-context-type","code":"focus"},"valueCodeableConcept":{"coding":[{"system":"http://example.org/c","code":"copd"}]}},
        {"code":{"system":"http://terminology.hl7.org/CodeSystem/usage-context-type","code":"venue"},"valueCodeableConcept":{"coding":[{"system":"http://example.org/c","code":"home"}]}},
        {"code":{"system":"http://terminology.hl7.org/CodeSystem/usage-context-type","code":"age"},"valueRange":{"low":{"value":18,"system":"http://unitsofmeasure.org","code":"a"}}}]}`),
      queries: [
        ['context-type-value=focus$copd', true],
        ['context-type-value=focus$home', false],
        [
          'context-type-value=http://terminology.hl7.org/CodeSystem/usage-context-type|venue$http://example.org/c|home',
          true,
        ],
        ['context-type-quantity=age$gt40|http://unitsofmeasure.org|a', true],
        ['context-type-quantity=focus$gt40', false],
        ['context=home', true],
      ],
    },
    {
      title: 'a group with characteristics',
      resource: read(`{"resourceType":"Group","id":"gr1","type":"person","actual":false,"characteristic":[
        {"code":{"coding":[{"system":"http://example.org/c","code":"gender"}]},"valueCodeableConcept":{"coding":[{"code":"mixed"}]},"exclude":false},
        {"code":{"coding":[{"system":"http://example.org/c","code":"owner"}]},"valueBoolean":true,"exclude":false}]}`),
      queries: [
        ['characteristic-value=gender$mixed', true],
        ['characteristic-value=owner$true', true],
        ['characteristic-value=gender$true', false],
      ],
    },
    {
      title: 'a document that replaces one and appends another',
      resource:
        read(`{"resourceType":"DocumentReference","id":"dr1","status":"current","content":[{"attachment":{"url":"http://example.org/a"}}],
        "relatesTo":[{"code":"replaces","target":{"reference":"DocumentReference/a"}},{"code":"appends","target":{"reference":"DocumentReference/b"}}]}`),
      queries: [
        ['relationship=DocumentReference/a$replaces', true],
        ['relationship=DocumentReference/b$replaces', false],
        ['relatesto=DocumentReference/b', true],
      ],
    },
    {
      title: 'a sequence with two variants',
      resource: read(`{"resourceType":"MolecularSequence","id":"ms1","coordinateSystem":0,
        "referenceSeq":{"chromosome":{"coding":[{"code":"1"}]},"windowStart":10,"windowEnd":90},
        "variant":[{"start":20,"end":30},{"start":40,"end":50}]}`),
      queries: [
        ['chromosome-variant-coordinate=1$ge40$le50', true],
        ['chromosome-variant-coordinate=1$le20$ge50', false],
        ['chromosome-variant-coordinate=2$ge40$le50', false],
        ['chromosome-window-coordinate=1$ge10$le90', true],
      ],
    },
    {
      title: 'a place in Tromsø',
      resource: read(`{"resourceType":"Location","id":"lo1","position":{"longitude":18.9553,"latitude":69.6492}}`),
      queries: [
        ['near=69.65|18.96', true],
        ['near=69.65|18.96|1', true],
        ['near=69.65|18.96|100|m', false],
        ['near=69.65|18.96|1|[mi_i]', true],
        ['near=59.91|10.75', false],
        ['near=59.91|10.75|1200|km', true],
        ['near=59.91|10.75,69.65|18.96|1|km', true],
        ['near:missing=false', true],
      ],
    },
  ];
}

function dateCases(): readonly SearchCase[] {
  const table: readonly (readonly [own: string, ...queries: (readonly [string, boolean])[]])[] = [
    [
      '2026',
      ['date=2026', true],
      ['date=2026-03', false],
      ['date=gt2026-03-01', true],
      ['date=lt2026-03-01', true],
      ['date=ge2026', true],
      ['date=le2026', true],
      ['date=ne2026-03', true],
      ['date=sa2025', true],
      ['date=eb2027', true],
      ['date=ap2026-06-15', true],
    ],
    [
      '2026-03-29',
      ['date=2026-03-29', true],
      ['date=ge2026-03-29T23:59:59', true],
      ['date=gt2026-03-29T12:00', true],
      ['date=gt2026-03-29', false],
      ['date=eb2026-03-30', true],
      ['date=eb2026-03-29T23:00', false],
    ],
    [
      '2026-10-25T02:30:00+02:00',
      ['date=2026-10-25', true],
      ['date=2026-10-25T00:30:00Z', true],
      ['date=gt2026-10-25', false],
    ],
    ['2026-03-01T23:30:00Z', ['date=2026-03-02', true], ['date=2026-03-01', false]],
    [
      '2026-03-02T10:00:00.123Z',
      ['date=2026-03-02T10:00:00Z', true],
      ['date=2026-03-02T10:00:00.123Z', true],
      ['date=2026-03-02T10:00:00.124Z', false],
      ['date=gt2026-03-02T10:00:00.122Z', true],
      ['date=ne2026-03-02T10:00:00Z', false],
      ['date=lt2026-03-02T10:00:00.123Z', false],
    ],
  ];
  return table.map(([own, ...queries]) => ({ title: `the date ${own}`, resource: date(own), queries }));
}

function numberCases(): readonly SearchCase[] {
  return [
    {
      title: 'the number 0.5',
      resource: number('0.5'),
      queries: [
        ['probability=0.5', true],
        ['probability=0.50', true],
        ['probability=0.51', false],
        ['probability=2', false],
        ['probability=gt0.49', true],
        ['probability=lt0.5', false],
        ['probability=le0.5', true],
        ['probability=ne0.5', false],
        ['probability=ap0.54', true],
        ['probability=ap0.6', false],
        ['probability=5e-1', true],
      ],
    },
    {
      title: 'the number 100',
      resource: number('100'),
      queries: [
        ['probability=100', true],
        ['probability=100.00', true],
        ['probability=1e2', true],
        ['probability=sa99', true],
        ['probability=eb101', true],
        ['probability=eb100', false],
      ],
    },
    {
      title: 'the number 100.4',
      resource: number('100.4'),
      queries: [
        ['probability=100', true],
        ['probability=100.0', false],
        ['probability=1e2', true],
        ['probability=gt100', true],
        ['probability=ne100', false],
      ],
    },
    {
      title: 'twenty digits',
      resource: number('12345678901234567.123'),
      queries: [
        ['probability=12345678901234567.123', true],
        ['probability=12345678901234567.124', false],
        ['probability=gt12345678901234567.122', true],
      ],
    },
  ];
}

function quantityCases(): readonly SearchCase[] {
  const ucum = 'http://unitsofmeasure.org';
  return [
    {
      title: '6.3 kg',
      resource: quantity(`{"value":6.3,"system":"${ucum}","code":"kg"}`),
      queries: [
        [`value-quantity=6300|${ucum}|g`, true],
        [`value-quantity=6.3|${ucum}|kg`, true],
        [`value-quantity=6|${ucum}|kg`, true],
        [`value-quantity=lt6300|${ucum}|g`, false],
        [`value-quantity=le6300|${ucum}|g`, true],
        [`value-quantity=6.3|${ucum}|m`, false],
        [`value-quantity=6.3|${ucum}|`, true],
        ['value-quantity=6.3||kg', true],
      ],
    },
    {
      title: '38.5 Cel',
      resource: quantity(`{"value":38.5,"system":"${ucum}","code":"Cel"}`),
      queries: [
        [`value-quantity=gt311|${ucum}|K`, true],
        [`value-quantity=101.3|${ucum}|[degF]`, true],
        [`value-quantity=gt102|${ucum}|[degF]`, false],
      ],
    },
    {
      title: 'less than 5',
      resource: quantity(`{"value":5,"comparator":"<","system":"${ucum}","code":"mg/L"}`),
      queries: [
        [`value-quantity=lt6|${ucum}|mg/L`, true],
        [`value-quantity=gt5|${ucum}|mg/L`, false],
        [`value-quantity=5|${ucum}|mg/L`, false],
        [`value-quantity=lt1|${ucum}|mg/L`, true],
        [`value-quantity=eb6|${ucum}|mg/L`, true],
      ],
    },
    {
      title: 'more than 5',
      resource: quantity(`{"value":5,"comparator":">","system":"${ucum}","code":"mg/L"}`),
      queries: [
        [`value-quantity=gt100|${ucum}|mg/L`, true],
        [`value-quantity=lt5|${ucum}|mg/L`, false],
        [`value-quantity=gt0.5|${ucum}|g/L`, true],
      ],
    },
    {
      title: 'a unit without a system',
      resource: quantity('{"value":3,"unit":"tabletter"}'),
      queries: [
        ['value-quantity=3', true],
        ['value-quantity=3||tabletter', true],
        ['value-quantity=3|http://example.org|tabletter', false],
        ['value-quantity=ge3', true],
      ],
    },
    {
      title: 'the number 0.10',
      resource: quantity('{"value":0.10}'),
      queries: [
        ['value-quantity=0.1', true],
        ['value-quantity=0.100', true],
        ['value-quantity=0.2', false],
      ],
    },
  ];
}
