/** Canonical addresses and identifier systems that the follow-up module reads and writes. */
export const canonicalBase = 'http://hjemmebro.no/fhir';

/** `dho-zone` → `http://hjemmebro.no/fhir/StructureDefinition/dho-zone`. */
export const structure = (name: string): string => `${canonicalBase}/StructureDefinition/${name}`;

const ownSystem = (name: string): string => `${canonicalBase}/CodeSystem/${name}`;

export const system = {
  taskCode: ownSystem('dho-task-code'),
  alertKind: ownSystem('dho-alert-kind'),
  alertAction: ownSystem('dho-alert-action'),
  taskState: ownSystem('dho-task-state'),
  colour: ownSystem('dho-colour'),
  flag: ownSystem('dho-flag'),
  flagCategory: ownSystem('dho-flag-category'),
  service: ownSystem('dho-service'),
  phase: ownSystem('dho-phase'),
  pauseReason: ownSystem('dho-pause-reason'),
  benefit: ownSystem('dho-benefit'),
  benefitTime: ownSystem('dho-benefit-time'),
  inclusion: ownSystem('dho-inclusion-criterion'),
  referralChannel: ownSystem('dho-referral-channel'),
  equipmentState: ownSystem('dho-equipment-state'),
  rule: ownSystem('dho-rule-type'),
  deviceStatus: ownSystem('dho-device-status'),
  measureContext: ownSystem('dho-measure-context'),
  messageTopic: ownSystem('dho-message-topic'),
  activity: ownSystem('dho-activity-type'),
  planCheck: ownSystem('dho-plan-check'),

  r4TaskCode: 'http://hl7.org/fhir/CodeSystem/task-code',
  vkpAlert: 'http://ehelse.no/fhir/CodeSystem/vkp-alert-code-v090',
  vkpCompositionCategory: 'http://ehelse.no/fhir/CodeSystem/vkp-composition-category-v090',
  vkpCompositionEvent: 'http://ehelse.no/fhir/CodeSystem/vkp-composition-event-v090',
  vkpCompositionSection: 'http://ehelse.no/fhir/CodeSystem/vkp-composition-section-v090',
  vkpPlanCategory: 'http://ehelse.no/fhir/CodeSystem/vkp-careplan-category-v090',
  zone: 'http://hl7.no/fhir/ig/planer-hacking/CodeSystem/planer-hacking-observation-severity-zone-cs',
  loinc: 'http://loinc.org',
  snomed: 'http://snomed.info/sct',
  npu: 'urn:oid:2.16.578.1.12.4.1.1.7280',
  mdc: 'urn:iso:std:iso:11073:10101',
  ucum: 'http://unitsofmeasure.org',
  icd10: 'http://hl7.org/fhir/sid/icd-10',
  icpc2: 'http://hl7.org/fhir/sid/icpc-2',
  provenanceAgent: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type',
  dataOperation: 'http://terminology.hl7.org/CodeSystem/v3-DataOperation',
  encounterClass: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
} as const;

export const identifierSystem = {
  fnr: 'urn:oid:2.16.578.1.12.4.1.4.1',
  dnr: 'urn:oid:2.16.578.1.12.4.1.4.2',
  fhn: 'urn:oid:2.16.578.1.12.4.1.4.3',
  hpr: 'urn:oid:2.16.578.1.12.4.1.4.4',
  organisation: 'urn:oid:2.16.578.1.12.4.1.4.101',
  her: 'urn:oid:2.16.578.1.12.4.1.2',
  /** Identity of an alert: patient + rule + plan + first evidence (decision 10). */
  alert: `${canonicalBase}/alert`,
  /** Identity of a RuleSet across its versions. */
  ruleSet: `${canonicalBase}/rule-set`,
  /** Identity of a worklist entry that the engine made: patient + kind + evidence. */
  worklist: `${canonicalBase}/worklist`,
} as const;

/** The server itself as author of what the engine finds; the Device resource is loaded at start. */
export const engineDevice = { reference: 'Device/hjemmebro-engine', display: 'Hjemmebro' } as const;
