import type { Principal, Role } from './principal.js';
import type { Visibility } from './row-scope.js';
import type { Interaction } from './scope.js';

/**
 * What kind of thing a resource type is for access. Every R4 type that may be stored stands in exactly one list (test);
 * a type that stands in none is denied to everyone but the administrator.
 *
 * - `definition`: how this server behaves. Everyone reads; only the administrator writes.
 * - `template`: clinical templates and product data that concern no patient. Everyone reads; the controller writes.
 * - `directory`: who is who. Everyone reads; the controller writes, because relations are resolved through it.
 * - `patient`: concerns patients, or may. Read and written where a relation runs (decision 16).
 * - `own`: seen only by the one who made it.
 * - `log`: what happened here. The administrator, and a citizen what concerns them.
 */
export type TypeKind = 'definition' | 'template' | 'directory' | 'patient' | 'own' | 'log';

const typesOf: Readonly<Record<TypeKind, string>> = {
  definition: `CapabilityStatement CodeSystem CompartmentDefinition ConceptMap EventDefinition ExampleScenario GraphDefinition
    ImplementationGuide MessageDefinition NamingSystem OperationDefinition SearchParameter StructureDefinition StructureMap
    TerminologyCapabilities TestScript ValueSet`,
  template: `ActivityDefinition CatalogEntry ChargeItemDefinition DeviceDefinition EffectEvidenceSynthesis Evidence
    EvidenceVariable InsurancePlan Library Measure Medication MedicationKnowledge MedicinalProduct MedicinalProductAuthorization
    MedicinalProductContraindication MedicinalProductIndication MedicinalProductIngredient MedicinalProductInteraction
    MedicinalProductManufactured MedicinalProductPackaged MedicinalProductPharmaceutical MedicinalProductUndesirableEffect
    ObservationDefinition PlanDefinition Questionnaire ResearchDefinition ResearchElementDefinition ResearchStudy
    RiskEvidenceSynthesis SpecimenDefinition Substance SubstanceNucleicAcid SubstancePolymer SubstanceProtein
    SubstanceReferenceInformation SubstanceSourceMaterial SubstanceSpecification TestReport`,
  directory: `Endpoint HealthcareService Location Organization OrganizationAffiliation Practitioner PractitionerRole
    VerificationResult`,
  patient: `Account AdverseEvent AllergyIntolerance Appointment AppointmentResponse Basic Binary BiologicallyDerivedProduct
    BodyStructure Bundle CarePlan CareTeam ChargeItem Claim ClaimResponse ClinicalImpression Communication CommunicationRequest
    Composition Condition Consent Contract Coverage CoverageEligibilityRequest CoverageEligibilityResponse DetectedIssue Device
    DeviceMetric DeviceRequest DeviceUseStatement DiagnosticReport DocumentManifest DocumentReference Encounter
    EnrollmentRequest EnrollmentResponse EpisodeOfCare ExplanationOfBenefit FamilyMemberHistory Flag Goal Group GuidanceResponse
    ImagingStudy Immunization ImmunizationEvaluation ImmunizationRecommendation Invoice Linkage List MeasureReport Media
    MedicationAdministration MedicationDispense MedicationRequest MedicationStatement MessageHeader MolecularSequence
    NutritionOrder Observation Patient PaymentNotice PaymentReconciliation Person Procedure Provenance QuestionnaireResponse
    RelatedPerson RequestGroup ResearchSubject RiskAssessment Schedule ServiceRequest Slot Specimen SupplyDelivery
    SupplyRequest Task VisionPrescription`,
  own: 'Subscription',
  log: 'AuditEvent',
};

const kinds: ReadonlyMap<string, TypeKind> = new Map(
  Object.entries(typesOf).flatMap(([kind, types]) => types.split(/\s+/).map((type) => [type, kind as TypeKind])),
);

/** undefined: a type without a rule, which is denied. */
export const kindOf = (type: string): TypeKind | undefined => kinds.get(type);

type PartyRole = Exclude<Role, 'admin'>;

/**
 * Which rows of a kind each role may see. A device client never sees others' data: only what was granted to it, which is
 * what it made. A citizen sees what concerns them alone; a login without a known patient sees nothing of patients.
 */
const visible: Readonly<Record<TypeKind, Readonly<Record<PartyRole, Visibility>>>> = {
  definition: { municipality: 'all', hospital: 'all', gp: 'all', device: 'all', citizen: 'all' },
  template: { municipality: 'all', hospital: 'all', gp: 'all', device: 'all', citizen: 'all' },
  directory: { municipality: 'all', hospital: 'all', gp: 'all', device: 'all', citizen: 'all' },
  patient: { municipality: 'related', hospital: 'related', gp: 'related', device: 'granted', citizen: 'own' },
  own: { municipality: 'granted', hospital: 'granted', gp: 'granted', device: 'granted', citizen: 'none' },
  log: { municipality: 'none', hospital: 'none', gp: 'none', device: 'none', citizen: 'own' },
};

export function visibilityFor(role: Role, type: string): Visibility {
  if (role === 'admin') return 'all';
  const kind = kindOf(type);
  return kind === undefined ? 'none' : visible[kind][role];
}

/** What a device client delivers, and what citizens send of themselves: new ones only. */
const deviceWrites: ReadonlySet<string> = new Set(['Observation', 'QuestionnaireResponse']);

/** Whether the caller may write rows of the type at all; single rows have rules of their own (`check-write.ts`). */
export function mayWrite(principal: Principal, type: string, interaction: Interaction): boolean {
  if (principal.role === 'admin') return true;
  switch (kindOf(type)) {
    case 'template':
    case 'directory':
      return isController(principal);
    case 'patient':
      if (principal.role === 'citizen') return interaction === 'create' && deviceWrites.has(type);
      return principal.role !== 'device' || deviceWrites.has(type);
    case 'own':
      return principal.role !== 'citizen';
    case 'definition':
    case 'log':
    case undefined:
      return false;
  }
}

/** The municipality in whose store it acts: the data controller itself. */
export const isController = (principal: Principal): boolean =>
  principal.role === 'municipality' &&
  principal.organisation !== undefined &&
  principal.organisation === principal.controller;

/** The very person whom a Patient is about; whoever represents them is not. */
export const isPerson = (principal: Principal, patient: string): boolean =>
  principal.role === 'citizen' && principal.patient === patient;
