import { identifierSystems } from '../fhir/national-identifiers.js';
import { parseJson } from '../fhir/json.js';
import type { Resource } from '../fhir/resource.js';
import { canonicalBase, system } from '../followup/vocabulary/systems.js';
import { instant } from '../kernel/clock.js';

/** Whose reading it is, and with which equipment it was taken. */
export interface ReadingOf {
  readonly fnr: string;
  readonly serial: string;
}

/** Milliseconds since 1970, and the supplier's own id of the reading. */
export interface Taken {
  readonly at: number;
  readonly id: string;
}

const readingIdentifier = 'http://maleutstyr.example/maling';

const measures = {
  spo2: {
    codes: [
      ['59408-5', 'Oxygen saturation in Arterial blood by Pulse oximetry'],
      ['2708-6', 'Oxygen saturation in Arterial blood'],
    ],
    unit: '%',
    text: 'Oksygenmetning',
  },
  weight: { codes: [['29463-7', 'Body weight']], unit: 'kg', text: 'Vekt' },
  crp: { codes: [['1988-5', 'C reactive protein [Mass/volume] in Serum or Plasma']], unit: 'mg/L', text: 'CRP' },
} as const;

const quantity = (value: unknown, unit: string, name = unit) => ({
  value,
  unit: name,
  system: system.ucum,
  code: unit,
});
const loinc = (code: string, display: string) => ({ system: system.loinc, code, display });
const subject = ({ fnr }: ReadingOf) => ({
  type: 'Patient',
  identifier: { system: identifierSystems.fnr, value: fnr },
});

function observation(of: ReadingOf, { at, id }: Taken, content: object): Resource {
  return {
    resourceType: 'Observation',
    identifier: [{ system: readingIdentifier, value: id }],
    status: 'final',
    category: [
      { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] },
    ],
    subject: subject(of),
    effectiveDateTime: instant(at),
    device: { type: 'Device', identifier: { value: of.serial } },
    ...content,
  };
}

/** @param value a number, or its literal where the decimals matter (`82.0`) */
export const reading =
  (measure: keyof typeof measures, value: number | string, of: ReadingOf) =>
  (taken: Taken): Resource => {
    const { codes, unit, text } = measures[measure];
    const coding = codes.map(([code, display]) => loinc(code, display));
    return observation(of, taken, { code: { coding, text }, valueQuantity: quantity(parseJson(String(value)), unit) });
  };

export const bloodPressure =
  ([systolic, diastolic]: readonly [number, number], of: ReadingOf) =>
  (taken: Taken): Resource =>
    observation(of, taken, {
      code: { coding: [loinc('85354-9', 'Blood pressure panel with all children optional')], text: 'Blodtrykk' },
      component: [
        {
          code: { coding: [loinc('8480-6', 'Systolic blood pressure')] },
          valueQuantity: quantity(systolic, 'mm[Hg]', 'mmHg'),
        },
        {
          code: { coding: [loinc('8462-4', 'Diastolic blood pressure')] },
          valueQuantity: quantity(diastolic, 'mm[Hg]', 'mmHg'),
        },
      ],
    });

export const dailyForm =
  (of: ReadingOf, answers: Readonly<Record<string, boolean>>) =>
  (taken: Taken): Resource =>
    form(
      'kols-daily',
      of,
      taken,
      Object.entries(answers).map(([linkId, valueBoolean]) => ({ linkId, answer: [{ valueBoolean }] })),
    );

/** The weekly score with the patient's usual answers; numbers only, no text of the questionnaire. */
export const weeklyForm =
  (of: ReadingOf) =>
  (taken: Taken): Resource =>
    form(
      'cat',
      of,
      taken,
      [2, 2, 2, 2, 2, 2, 1, 1].map((valueInteger, index) => ({
        linkId: String(index + 1),
        answer: [{ valueInteger }],
      })),
    );

function form(name: string, of: ReadingOf, { at, id }: Taken, item: readonly object[]): Resource {
  return {
    resourceType: 'QuestionnaireResponse',
    identifier: { system: readingIdentifier, value: id },
    questionnaire: `${canonicalBase}/Questionnaire/${name}`,
    status: 'completed',
    subject: subject(of),
    authored: instant(at),
    item,
  };
}
