import { parseJson } from '../../src/fhir/json.js';
import type { Resource } from '../../src/fhir/resource.js';
import type { SearchCase } from './search-cases.js';

const read = (text: string): Resource => parseJson(text) as Resource;
const observation = (elements: string): Resource =>
  read(`{"resourceType":"Observation","id":"oe","status":"final","code":{"text":"x"},${elements}}`);

/** Open ends, canonicals, media types, presence of composites, spelling: where implementations of R4 differ. */
export const edgeCases: readonly SearchCase[] = [
  {
    title: 'a period without end',
    resource: observation('"effectivePeriod":{"start":"2026-03-10"}'),
    queries: [
      ['date=2026', false],
      ['date=ge2030', true],
      ['date=gt2030', true],
      ['date=le2026-03-10', true],
      ['date=lt2026-03-10', false],
      ['date=sa2026-03-09', true],
      ['date=sa2026-03-10', false],
      ['date=eb2099', false],
      ['date=ne2026', true],
      ['date=ap2026-06', true],
    ],
  },
  {
    title: 'a period without beginning',
    resource: observation('"effectivePeriod":{"end":"2026-03-10"}'),
    queries: [
      ['date=le1900', true],
      ['date=lt1900', true],
      ['date=ge2026-03-10', true],
      ['date=gt2026-03-10', false],
      ['date=eb2026-03-11', true],
      ['date=sa1900', false],
    ],
  },
  {
    title: 'a timing: its outer limits',
    resource: observation('"effectiveTiming":{"event":["2026-03-01","2026-03-05T10:00:00Z"]}'),
    queries: [
      ['date=2026-03', true],
      ['date=2026-03-01', false],
      ['date=gt2026-03-04', true],
      ['date=sa2026-02-28', true],
      ['date=eb2026-03-06', true],
    ],
  },
  {
    title: 'a timing that repeats within bounds',
    resource: observation(
      '"effectiveTiming":{"repeat":{"boundsPeriod":{"start":"2026-03-01","end":"2026-03-31"},"frequency":1,"period":1,"periodUnit":"d"}}',
    ),
    queries: [
      ['date=2026-03', true],
      ['date=ge2026-03-31', true],
      ['date=gt2026-03-31', false],
    ],
  },
  {
    title: 'a moment with a second of precision',
    resource: observation('"effectiveInstant":"2026-03-01T10:00:05Z"'),
    queries: [
      ['date=2026-03-01T10:00:05Z', true],
      ['date=2026-03-01T10:00Z', true],
      ['date=2026-03-01T11:00:05%2B01:00', true],
      ['date=2026-03-01T11:00:05+01:00', true],
      ['date=2026-03-01T10:00:05.000Z', false],
      ['date=ge2026-03-01T10:00:05.500Z', true],
    ],
  },
  {
    title: 'a questionnaire by canonical URL and version',
    resource: read(
      '{"resourceType":"QuestionnaireResponse","id":"qr1","status":"completed","questionnaire":"http://example.org/Questionnaire/q|1.2","source":{"reference":"Patient/p1","display":"Kari Nordmann"}}',
    ),
    queries: [
      ['questionnaire=http://example.org/Questionnaire/q', true],
      ['questionnaire=http://example.org/Questionnaire/q|1.2', true],
      ['questionnaire=http://example.org/Questionnaire/q|1.3', false],
      ['questionnaire=http://example.org/Questionnaire/q\\|1.2', true],
      ['questionnaire=http://example.org/Questionnaire/r,http://example.org/Questionnaire/q|1.2', true],
      ['questionnaire:missing=false', true],
    ],
  },
  {
    title: 'a profile with a version, and a URN',
    resource: read(
      '{"resourceType":"Basic","id":"ba1","code":{"text":"x"},"meta":{"profile":["http://example.org/p|1.0","urn:oid:1.2.3"]}}',
    ),
    queries: [
      ['_profile=http://example.org/p', true],
      ['_profile=http://example.org/p|1.0', true],
      ['_profile=http://example.org/p|2.0', false],
      ['_profile:below=http://example.org', true],
      ['_profile=urn:oid:1.2.3', true],
      ['_profile:below=urn:oid:1.2', false],
      ['_profile:below=urn:oid:1.2.3', true],
      ['_profile:above=urn:oid:1.2.3.4', false],
    ],
  },
  {
    title: 'media types',
    resource: read(
      '{"resourceType":"DocumentReference","id":"de1","status":"current","content":[{"attachment":{"contentType":"image/png","url":"http://example.org/a"}},{"attachment":{"contentType":"text/plain;charset=utf-8","url":"http://example.org/b"}}]}',
    ),
    queries: [
      ['contenttype=image/png', true],
      ['contenttype:below=image', true],
      ['contenttype:below=image/', true],
      ['contenttype:below=image/*', true],
      ['contenttype:below=urn:ietf:bcp:13|image', true],
      ['contenttype:below=image/png', true],
      ['contenttype:below=image/p', false],
      ['contenttype:below=im', false],
      ['contenttype:below=text/plain', true],
      ['contenttype:below=application', false],
    ],
  },
  {
    title: 'whether a composite has a value',
    resource: observation(
      '"component":[{"code":{"coding":[{"code":"a"}]}},{"code":{"text":"b"},"valueQuantity":{"value":1}}]',
    ),
    queries: [
      ['component-code-value-quantity:missing=true', true],
      ['component-code-value-quantity:missing=false', false],
      ['code-value-quantity:missing=true', true],
    ],
  },
  {
    title: 'a composite that has one',
    resource: observation(
      '"component":[{"code":{"coding":[{"code":"a"}]},"valueQuantity":{"value":1}}],"category":[{"coding":[{"code":"c"}]}]',
    ),
    queries: [
      ['component-code-value-quantity:missing=false', true],
      ['component-code-value-quantity:missing=true', false],
      ['combo-code-value-quantity:missing=false', true],
      ['code-value-quantity:missing=true', true],
      ['category:missing=false', true],
    ],
  },
  {
    title: 'what is contained is a value of the reference, and nothing that can be named from outside',
    resource: read(
      '{"resourceType":"MedicationRequest","id":"mr1","status":"active","intent":"order","subject":{"reference":"Patient/p1"},"contained":[{"resourceType":"Medication","id":"m","code":{"coding":[{"code":"x"}]}}],"medicationReference":{"reference":"#m"}}',
    ),
    queries: [
      ['medication:missing=false', true],
      ['medication=Medication/m', false],
      ['medication=m', false],
      ['code=x', false],
    ],
  },
  {
    title: 'accents, composed or not, and letters of other alphabets',
    resource: read(
      '{"resourceType":"Patient","id":"pe1","name":[{"family":"Jose\u0301 Mu\u0308ller","given":["Bjørn","Sæther","Иван"]}]}',
    ),
    queries: [
      ['family=josé', true],
      ['family=jose', true],
      ['family=JOSE MULLER', true],
      ['family:exact=Jose\u0301 Mu\u0308ller', true],
      ['family:contains=müll', true],
      ['given=bjorn', true],
      ['given=bjørn', true],
      ['given=bjarn', false],
      ['given=saether', true],
      ['given=sather', false],
      ['given=иван', true],
      ['given:exact=иван', false],
    ],
  },
  {
    title: 'separators that are escaped',
    resource: read(
      '{"resourceType":"Observation","id":"os1","status":"final","code":{"coding":[{"system":"http://example.org/s","code":"a$b,c|d\\\\e"}]},"valueQuantity":{"value":5}}',
    ),
    queries: [
      ['code=a\\$b\\,c\\|d\\\\e', true],
      ['code=http://example.org/s|a\\$b\\,c\\|d\\\\e', true],
      ['code=a$b,c', false],
      ['code-value-quantity=a\\$b\\,c\\|d\\\\e$5', true],
    ],
  },
  {
    title: 'quantities by significant figures and exponents',
    resource: observation('"valueQuantity":{"value":5.4,"system":"http://unitsofmeasure.org","code":"mg"}'),
    queries: [
      ['value-quantity=5.4', true],
      ['value-quantity=5.40', true],
      ['value-quantity=5.40e0', true],
      ['value-quantity=5.4e-3|http://unitsofmeasure.org|g', true],
      ['value-quantity=5', true],
      ['value-quantity=6', false],
      ['value-quantity=ge5.4|http://unitsofmeasure.org|mg', true],
      ['value-quantity=gt5.4|http://unitsofmeasure.org|mg', false],
      ['value-quantity=ne5.4|http://unitsofmeasure.org|mg', false],
      ['value-quantity=ap5.9|http://unitsofmeasure.org|mg', true],
      ['value-quantity=ap6.1|http://unitsofmeasure.org|mg', false],
      ['value-quantity=5.4||mg', true],
      ['value-quantity=5.4|http://example.org|mg', false],
    ],
  },
  {
    title: 'a reference with a version and a URL elsewhere',
    resource: read(
      '{"resourceType":"Provenance","id":"pr1","target":[{"reference":"Patient/p1/_history/3"},{"reference":"http://elsewhere.example/fhir/Patient/9"}],"recorded":"2026-03-01T10:00:00Z","agent":[{"who":{"display":"x"}}]}',
    ),
    queries: [
      ['target=Patient/p1', true],
      ['target=Patient/p1/_history/3', true],
      ['target=Patient/p1/_history/2', false],
      ['target:Patient=p1', true],
      ['target=http://elsewhere.example/fhir/Patient/9', true],
      ['target=Patient/9', false],
      ['target:missing=false', true],
    ],
  },
];
