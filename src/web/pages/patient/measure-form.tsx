import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { codingOf } from '../../../followup/plan/code-text.js';
import { componentName } from '../../../followup/plan/rule-words.js';
import { isComponentMeasure, type Measure, type SimpleMeasure } from '../../../followup/ruleset/grammar.js';
import { system } from '../../../followup/vocabulary/systems.js';
import { instant, systemClock } from '../../../kernel/clock.js';
import { useApp } from '../app/context.js';
import { FormDialog } from '../app/form-dialog.js';
import { attemptName, attemptSystem } from '../fhir/attempt.js';
import { unitName } from '../trend/series.js';
import { ownWords } from '../words/own-words.js';

/** A reading typed in by hand. What cannot be is asked about again by the server's own rules, not refused here. */
export function MeasureForm({
  patient,
  measure,
  onClose,
  onSent,
}: {
  readonly patient: string;
  readonly measure: Measure;
  readonly onClose: () => void;
  readonly onSent: () => void;
}): JSX.Element {
  const { say, fhir } = useApp();
  const parts: readonly (readonly [string, SimpleMeasure])[] = isComponentMeasure(measure)
    ? Object.entries(measure.components)
    : [['value', measure]];
  const sent = useMemo(attemptName, []);
  const send = async (form: FormData): Promise<void> => {
    const values = parts.map(([key]) => Number(String(form.get(key)).replace(',', '.')));
    await fhir.createOnce(
      {
        ...observationOf(patient, measure, values, systemClock.now()),
        identifier: [{ system: attemptSystem, value: sent }],
      },
      sent,
    );
    onSent();
  };
  return (
    <FormDialog
      title={measure.title ?? say(ownWords.enter)}
      button={say(ownWords.send)}
      large
      onSend={send}
      onClose={onClose}
    >
      {parts.map(([key, part]) => (
        <label key={key}>
          {say(ownWords.value, {
            name: key === 'value' ? (measure.title ?? '') : componentName(key, measure),
            unit: unitName(part.unit),
          })}
          <input
            name={key}
            type="text"
            inputMode="decimal"
            pattern="[0-9]{1,4}([.,][0-9]{1,3})?"
            required
            autocomplete="off"
          />
        </label>
      ))}
    </FormDialog>
  );
}

/** https://hl7.org/fhir/R4/observation-vitalsigns.html, measured and sent by the patient. */
function observationOf(patient: string, measure: Measure, values: readonly number[], now: number) {
  const quantity = (value: number, unit: string) => ({ value, unit: unitName(unit), system: system.ucum, code: unit });
  const subject = { reference: `Patient/${patient}` };
  const concept = (codes: readonly string[] | undefined, text: string | undefined) => ({
    coding: (codes ?? []).map(codingOf),
    ...(text !== undefined && { text }),
  });
  return {
    resourceType: 'Observation',
    status: 'final',
    category: [
      { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] },
    ],
    code: concept(measure.code, measure.title),
    subject,
    performer: [subject],
    effectiveDateTime: instant(now),
    ...(isComponentMeasure(measure)
      ? {
          component: Object.entries(measure.components).map(([key, part], index) => ({
            code: concept(part.code, componentName(key, measure)),
            valueQuantity: quantity(values[index]!, part.unit),
          })),
        }
      : { valueQuantity: quantity(values[0]!, measure.unit) }),
  };
}
