import { numFrom, stringifyJson } from '../../../src/fhir/json.js';
import type { ObsInput, QrInput, TaskDoneInput } from '../../../src/followup/engine/input.js';
import { codingOf } from '../../../src/followup/plan/code-text.js';
import { isComponentMeasure, type Measure } from '../../../src/followup/ruleset/grammar.js';
import { own } from './stage.js';

const coded = (name: string, code: string) => ({
  url: own(name),
  valueCoding: { system: `http://hjemmebro.no/fhir/CodeSystem/${name}`, code },
});
const at = (instant: number): string => new Date(instant).toISOString();
const identifierOf = (value: string | undefined) =>
  value === undefined ? undefined : { system: 'urn:scenario', value };

/** Its codes are the measure's own; one that no plan has is named in words. */
const conceptOf = (name: string, measure: Measure | undefined) =>
  measure?.code === undefined ? { text: name } : { coding: [codingOf(measure.code[0]!)], text: name };

function quantity(value: string, unit: string, comparator?: string): object {
  return {
    value: numFrom(value),
    ...(comparator === undefined ? {} : { comparator }),
    unit,
    system: 'http://unitsofmeasure.org',
    code: unit,
  };
}

/** An `obs` as a gateway sends it; FHIR JSON text, so that no decimal is lost. */
export function observation(input: ObsInput, patient: string, measure: Measure | undefined): string {
  const parts = measure !== undefined && isComponentMeasure(measure) ? measure.components : {};
  const component = Object.entries(input.components ?? {}).map(([name, { value, unit }]) => ({
    code: conceptOf(name, parts[name]),
    valueQuantity: quantity(value, unit ?? input.unit ?? parts[name]?.unit ?? '1'),
  }));
  const unit = input.unit ?? (measure !== undefined && !isComponentMeasure(measure) ? measure.unit : '1');
  const extension = [
    ...(input.ctx === undefined ? [] : [coded('dho-measure-context', input.ctx)]),
    ...(input.status ?? []).map((code) => coded('dho-device-status', code)),
  ];
  const identifier = identifierOf(input.identifier);
  return stringifyJson({
    resourceType: 'Observation',
    ...(extension.length === 0 ? {} : { extension }),
    ...(identifier === undefined ? {} : { identifier: [identifier] }),
    status: 'final',
    code: conceptOf(input.measure, measure),
    subject: { reference: patient },
    effectiveDateTime: at(input.t),
    ...(input.device === undefined ? {} : { device: { identifier: { system: 'urn:device', value: input.device } } }),
    ...(input.value === undefined ? {} : { valueQuantity: quantity(input.value, unit, input.comparator) }),
    ...(component.length === 0 ? {} : { component }),
  });
}

function answer(value: boolean | string): object {
  if (typeof value === 'boolean') return { valueBoolean: value };
  if (/^-?\d+(\.\d+)?$/.test(value)) return { valueDecimal: numFrom(value) };
  return { valueString: value };
}

export function questionnaireResponse(input: QrInput, patient: string): string {
  const identifier = identifierOf(input.identifier);
  return stringifyJson({
    resourceType: 'QuestionnaireResponse',
    ...(identifier === undefined ? {} : { identifier }),
    questionnaire: `http://hjemmebro.no/fhir/Questionnaire/${input.questionnaire}`,
    status: 'completed',
    subject: { reference: patient },
    authored: at(input.t),
    item: Object.entries(input.answers).map(([linkId, value]) => ({
      linkId,
      ...(value === null ? {} : { answer: (typeof value === 'object' ? value : [value]).map(answer) }),
    })),
  });
}

/** The patient writes; a later message of a thread answers its first. */
export const message = (input: { t: number }, patient: string, first: string | undefined) => ({
  resourceType: 'Communication',
  status: 'completed',
  subject: { reference: patient },
  sender: { reference: patient },
  sent: at(input.t),
  ...(first === undefined ? {} : { inResponseTo: [{ reference: first }] }),
  payload: [{ contentString: 'Hei.' }],
});

export const doneTask = (input: TaskDoneInput, patient: string) => ({
  resourceType: 'Task',
  status: 'completed',
  intent: 'order',
  code: { text: input.for },
  for: { reference: patient },
  executionPeriod: { end: at(input.t) },
});
