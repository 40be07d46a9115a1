/** The parts of FHIR R4 resources that the pages read. https://hl7.org/fhir/R4/resourcelist.html */
export interface Coding {
  readonly system?: string;
  readonly code?: string;
  readonly display?: string;
}
export interface Concept {
  readonly coding?: readonly Coding[];
  readonly text?: string;
}
export interface Reference {
  readonly reference?: string;
  readonly display?: string;
  readonly identifier?: { readonly system?: string; readonly value?: string };
}
export interface Period {
  readonly start?: string;
  readonly end?: string;
}
export interface Quantity {
  readonly value?: number;
  readonly unit?: string;
  readonly code?: string;
}
export interface Annotation {
  readonly text?: string;
  readonly time?: string;
  readonly authorString?: string;
  readonly authorReference?: Reference;
}
export interface Extension {
  readonly url: string;
  readonly extension?: readonly Extension[];
  readonly valueCoding?: Coding;
  readonly valueString?: string;
  readonly valueCode?: string;
  readonly valueInteger?: number;
  readonly valueDateTime?: string;
  readonly valueReference?: Reference;
  readonly valueCodeableConcept?: Concept;
  readonly valueQuantity?: Quantity;
}
export interface Resource {
  readonly resourceType: string;
  readonly id: string;
  readonly meta?: { readonly versionId?: string; readonly lastUpdated?: string };
  readonly extension?: readonly Extension[];
  readonly status?: string;
}
export interface Patient extends Resource {
  readonly name?: readonly {
    readonly use?: string;
    readonly text?: string;
    readonly family?: string;
    readonly given?: readonly string[];
  }[];
  readonly birthDate?: string;
  readonly gender?: string;
  readonly address?: readonly { readonly district?: string; readonly city?: string }[];
  readonly managingOrganization?: Reference;
}
export interface Component {
  readonly code: Concept;
  readonly valueQuantity?: Quantity;
}
export interface Observation extends Resource {
  readonly code: Concept;
  readonly category?: readonly Concept[];
  readonly effectiveDateTime?: string;
  readonly effectiveInstant?: string;
  readonly effectivePeriod?: Period;
  readonly valueQuantity?: Quantity;
  readonly valueInteger?: number;
  readonly component?: readonly Component[];
  readonly note?: readonly Annotation[];
}
export interface AnswerItem {
  readonly linkId: string;
  readonly text?: string;
  readonly answer?: readonly Readonly<Record<string, unknown>>[];
  readonly item?: readonly AnswerItem[];
}
export interface QuestionnaireResponse extends Resource {
  readonly questionnaire?: string;
  readonly authored?: string;
  readonly item?: readonly AnswerItem[];
}
export interface DetectedIssue extends Resource {
  readonly code?: Concept;
  readonly patient?: Reference;
  readonly identifiedDateTime?: string;
  readonly implicated?: readonly Reference[];
  readonly detail?: string;
  readonly mitigation?: readonly { readonly action?: Concept; readonly date?: string; readonly author?: Reference }[];
}
export interface Task extends Resource {
  readonly code?: Concept;
  readonly description?: string;
  readonly priority?: string;
  readonly for?: Reference;
  readonly focus?: Reference;
  readonly owner?: Reference;
  readonly requester?: Reference;
  readonly authoredOn?: string;
  readonly lastModified?: string;
  readonly statusReason?: Concept;
  readonly restriction?: { readonly period?: Period };
  readonly note?: readonly Annotation[];
  readonly input?: readonly {
    readonly extension?: readonly Extension[];
    readonly type?: Concept;
    readonly valueString?: string;
  }[];
}
export interface EpisodeOfCare extends Resource {
  readonly statusHistory?: readonly { readonly status: string; readonly period: Period }[];
  readonly period?: Period;
  readonly managingOrganization?: Reference;
}
export interface Encounter extends Resource {
  readonly class?: Coding;
  readonly period?: Period;
  readonly serviceProvider?: Reference;
}
export interface Flag extends Resource {
  readonly code: Concept;
  readonly period?: Period;
  readonly subject?: Reference;
}
export interface ServiceRequest extends Resource {
  readonly code?: Concept;
  readonly subject?: Reference;
  readonly requester?: Reference;
  readonly authoredOn?: string;
  readonly reasonCode?: readonly Concept[];
  readonly note?: readonly Annotation[];
  readonly patientInstruction?: string;
}
export interface OperationOutcome extends Resource {
  readonly issue?: readonly { readonly diagnostics?: string; readonly details?: Concept }[];
}
export interface Bundle<T extends Resource = Resource> extends Resource {
  readonly total?: number;
  readonly link?: readonly { readonly relation: string; readonly url: string }[];
  readonly entry?: readonly { readonly resource?: T; readonly search?: { readonly mode?: string } }[];
}
export interface Parameter {
  readonly name: string;
  readonly valueString?: string;
  readonly valueCode?: string;
  readonly valueUrl?: string;
  readonly valueInteger?: number;
  readonly valueInstant?: string;
  readonly valueReference?: Reference;
  readonly part?: readonly Parameter[];
}
export interface Parameters extends Resource {
  readonly parameter?: readonly Parameter[];
}
