import type { Resource } from '../../../src/fhir/resource.js';

const narrative = (text: string) => ({
  status: 'generated',
  div: `<div xmlns="http://www.w3.org/1999/xhtml">${text}</div>`,
});
const loinc = (code: string) => ({ coding: [{ system: 'http://loinc.org', code }] });
const ucum = (value: number, code: string) => ({ value, unit: code, system: 'http://unitsofmeasure.org', code });
const patient = { reference: 'Patient/p1' };
const period = { start: '2026-03-01', end: '2026-03-31T23:59:59+02:00' };

/** One valid resource of each kind that the service works with, between them using every sort of rule. */
export const validResources: Readonly<Record<string, Resource>> = {
  heartRate: {
    resourceType: 'Observation',
    id: 'hr-1',
    meta: {
      versionId: '1',
      lastUpdated: '2026-03-02T08:00:00.000Z',
      tag: [{ system: 'http://x.example/tags', code: 'a' }],
    },
    text: narrative(
      '<p>Puls <b>72</b>&#160;/min &amp; jevn<br/></p><img src="#graph" alt="kurve"/><a href="https://x.example/?a=1&amp;b=2">mer</a>',
    ),
    status: 'final',
    category: [
      { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] },
    ],
    code: loinc('8867-4'),
    subject: { type: 'Patient', identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.1', value: '12834812019' } },
    effectiveDateTime: '2026-03-02T09:00:00+01:00',
    valueQuantity: ucum(72, '/min'),
    referenceRange: [{ low: ucum(50, '/min'), high: ucum(100, '/min') }],
  },
  bloodPressure: {
    resourceType: 'Observation',
    contained: [{ resourceType: 'Device', id: 'd', deviceName: [{ name: 'Mansjett', type: 'user-friendly-name' }] }],
    status: 'preliminary',
    code: loinc('85354-9'),
    subject: patient,
    effectivePeriod: period,
    device: { reference: '#d' },
    component: [
      { code: loinc('8480-6'), valueQuantity: ucum(120, 'mm[Hg]') },
      { code: loinc('8462-4'), dataAbsentReason: { text: 'feil på måleren' } },
    ],
  },
  patient: {
    resourceType: 'Patient',
    name: [
      {
        family: 'Prøvepasient',
        given: ['Ola', null],
        _given: [null, { extension: [{ url: 'http://x.example/initial', valueString: 'N' }] }],
      },
    ],
    birthDate: '1948-03-12',
    _birthDate: {
      extension: [
        {
          url: 'http://hl7.org/fhir/StructureDefinition/patient-birthTime',
          valueDateTime: '1948-03-12T04:00:00+01:00',
        },
      ],
    },
    gender: 'male',
    deceasedBoolean: false,
    telecom: [{ system: 'phone', value: '+47 99 99 99 99', use: 'mobile', rank: 1 }],
    contact: [{ name: { text: 'Kari' }, relationship: [{ text: 'datter' }] }],
    communication: [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'nb' }] }, preferred: true }],
    generalPractitioner: [{ reference: 'PractitionerRole/gp' }],
  },
  organization: {
    resourceType: 'Organization',
    identifier: [{ system: 'urn:oid:2.16.578.1.12.4.1.4.101', value: '994598759' }],
    telecom: [{ system: 'email', value: 'post@x.example', use: 'work' }],
  },
  carePlan: {
    resourceType: 'CarePlan',
    status: 'draft',
    intent: 'plan',
    subject: patient,
    replaces: [{ reference: 'CarePlan/old' }],
    extension: [
      {
        url: 'http://hjemmebro.no/fhir/StructureDefinition/dho-zone',
        extension: [
          { url: 'level', valueCode: 'green' },
          { url: 'action', valueString: 'Fortsett som før' },
        ],
      },
    ],
    activity: [
      {
        detail: {
          status: 'scheduled',
          code: loinc('8867-4'),
          scheduledTiming: {
            repeat: {
              boundsPeriod: period,
              frequency: 2,
              period: 1,
              periodUnit: 'd',
              timeOfDay: ['08:00:00', '20:00:00'],
            },
          },
        },
      },
      { reference: { reference: 'ServiceRequest/s1' } },
    ],
  },
  serviceRequest: {
    resourceType: 'ServiceRequest',
    status: 'active',
    intent: 'order',
    priority: 'urgent',
    subject: patient,
    code: { text: 'DHO' },
    requester: { reference: 'Organization/h' },
  },
  task: {
    resourceType: 'Task',
    status: 'requested',
    intent: 'order',
    focus: { reference: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0' },
    for: patient,
    authoredOn: '2026-03-02T08:00:00Z',
    lastModified: '2026-03-02',
    restriction: { repetitions: 1, period },
    input: [{ type: { text: 'plan' }, valueReference: { reference: 'CarePlan/c1/_history/2' } }],
  },
  detectedIssue: {
    resourceType: 'DetectedIssue',
    status: 'final',
    severity: 'high',
    patient,
    identifiedPeriod: period,
    implicated: [{ reference: 'Observation/hr-1' }],
    reference: 'http://x.example/rule',
  },
  episode: {
    resourceType: 'EpisodeOfCare',
    status: 'onhold',
    statusHistory: [{ status: 'active', period }],
    patient,
    managingOrganization: { display: 'Fjordheim' },
  },
  encounter: {
    resourceType: 'Encounter',
    status: 'in-progress',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
    subject: patient,
    period: { start: '2026-03' },
  },
  condition: {
    resourceType: 'Condition',
    clinicalStatus: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'resolved' }],
    },
    code: { coding: [{ system: 'http://hl7.org/fhir/sid/icpc-2', code: 'R95' }] },
    subject: patient,
    onsetAge: { value: 60, unit: 'år', system: 'http://unitsofmeasure.org', code: 'a' },
    abatementDateTime: '2025',
  },
  questionnaire: {
    resourceType: 'Questionnaire',
    status: 'active',
    item: [
      {
        linkId: '1',
        type: 'group',
        text: 'Hoste',
        item: [
          { linkId: '1.1', type: 'choice', answerOption: [{ valueCoding: { code: 'ja' } }, { valueString: 'nei' }] },
        ],
      },
      {
        linkId: '2',
        type: 'display',
        text: 'Takk',
        enableWhen: [{ question: '1.1', operator: 'exists', answerBoolean: true }],
      },
    ],
  },
  questionnaireResponse: {
    resourceType: 'QuestionnaireResponse',
    questionnaire: 'http://hjemmebro.no/fhir/Questionnaire/kols|1.0',
    status: 'completed',
    item: [
      {
        linkId: '1',
        item: [
          {
            linkId: '1.1',
            answer: [{ valueDecimal: 1.5, item: [{ linkId: '1.1.1', answer: [{ valueTime: '10:00:00' }] }] }],
          },
        ],
      },
    ],
  },
  planDefinition: {
    resourceType: 'PlanDefinition',
    status: 'draft',
    url: 'http://hjemmebro.no/fhir/PlanDefinition/kols',
    action: [
      {
        title: 'Mål',
        trigger: [{ type: 'named-event', name: 'start' }],
        condition: [{ kind: 'applicability', expression: { language: 'text/fhirpath', expression: 'true' } }],
        action: [{ title: 'SpO2' }],
      },
    ],
  },
  subscription: {
    resourceType: 'Subscription',
    status: 'requested',
    reason: 'varsler',
    criteria: 'DetectedIssue?',
    channel: {
      type: 'rest-hook',
      endpoint: 'https://nurse.example/hook',
      payload: 'application/fhir+json',
      header: ['X-Key: 1'],
    },
  },
  provenance: {
    resourceType: 'Provenance',
    target: [{ reference: 'CarePlan/c1/_history/2' }],
    recorded: '2026-03-02T08:00:00Z',
    agent: [{ who: { identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.4', value: '999000102' } } }],
    entity: [{ role: 'source', what: { reference: 'Task/t1' } }],
  },
  binary: { resourceType: 'Binary', contentType: 'application/xml; charset=utf-8', data: 'PGE+PC9h\nPg==' },
  documentReference: {
    resourceType: 'DocumentReference',
    status: 'current',
    content: [{ attachment: { contentType: 'text/plain', data: 'YWJj', size: 3, hash: 'MTIz' } }],
  },
  parameters: {
    resourceType: 'Parameters',
    parameter: [
      { name: 'a', valueDate: '2026-03-02' },
      { name: 'b', part: [{ name: 'c', resource: { resourceType: 'Patient', gender: 'female' } }] },
    ],
  },
  location: { resourceType: 'Location', name: 'Bo', position: { longitude: 10.4, latitude: 63.4 }, mode: 'instance' },
  money: { resourceType: 'Invoice', status: 'draft', totalNet: { value: 120, currency: 'NOK' } },
  searchParameter: {
    resourceType: 'SearchParameter',
    url: 'http://x.example/sp',
    name: 'colour',
    status: 'active',
    description: 'x',
    code: 'colour',
    base: ['Task'],
    type: 'token',
  },
  sequence: { resourceType: 'MolecularSequence', coordinateSystem: 0, referenceSeq: { referenceSeqString: 'ACGT' } },
  insurancePlan: { resourceType: 'InsurancePlan', name: 'x', plan: [{ specificCost: [{ category: { text: 'a' } }] }] },
  transaction: {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      {
        fullUrl: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0',
        resource: { resourceType: 'Patient', gender: 'female' },
        request: { method: 'POST', url: 'Patient', ifNoneExist: 'identifier=a|b' },
      },
      {
        fullUrl: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e1',
        resource: {
          resourceType: 'Observation',
          status: 'final',
          code: { text: 'x' },
          subject: { reference: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0' },
          performer: [{ reference: 'Practitioner?identifier=a|b' }],
        },
        request: { method: 'POST', url: 'Observation' },
      },
      { request: { method: 'DELETE', url: 'Observation/1' } },
    ],
  },
  message: {
    resourceType: 'Bundle',
    type: 'message',
    entry: [
      {
        fullUrl: 'http://x.example/MessageHeader/1',
        resource: {
          resourceType: 'MessageHeader',
          id: '1',
          eventUri: 'http://x.example/e',
          source: { endpoint: 'http://x.example' },
        },
      },
    ],
  },
};
