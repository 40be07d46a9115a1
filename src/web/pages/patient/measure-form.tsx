import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { codingOf } from '../../../followup/plan/code-text.js';
import { isComponentMeasure, type Measure, type SimpleMeasure } from '../../../followup/ruleset/grammar.js';
import { system } from '../../../followup/vocabulary/systems.js';
import { systemClock } from '../../../kernel/clock.js';
import { useApp } from '../app/context.js';
import { Dialog } from '../app/dialog.js';
import { errorWords } from '../app/load.js';
import { partName, unitName } from '../trend/series.js';
import { commonWords } from '../words/page-words.js';
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
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const parts: readonly (readonly [string, SimpleMeasure])[] = isComponentMeasure(measure)
    ? Object.entries(measure.components)
    : [['value', measure]];
  const send = async (form: FormData): Promise<void> => {
    setBusy(true);
    const values = parts.map(([key]) => Number(String(form.get(key)).replace(',', '.')));
    try {
      await fhir.create(observationOf(patient, measure, values, systemClock.now()));
      onSent();
    } catch (error) {
      setFailure(error);
      setBusy(false);
    }
  };
  return (
    <Dialog title={measure.title ?? say(ownWords.enter)} onClose={onClose}>
      <form
        class="form large"
        onSubmit={(event) => {
          event.preventDefault();
          void send(new FormData(event.currentTarget));
        }}
      >
        {parts.map(([key, part]) => (
          <label key={key}>
            {say(ownWords.value, {
              name: key === 'value' ? (measure.title ?? '') : (part.title ?? partName(key)),
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
        {failure !== undefined && (
          <p class="notice bad" role="alert">
            {errorWords(failure, say)}
          </p>
        )}
        <div class="actions">
          <button type="submit" class="primary" disabled={busy}>
            {say(ownWords.send)}
          </button>
          <button type="button" onClick={onClose}>
            {say(commonWords.cancel)}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** https://hl7.org/fhir/R4/observation-vitalsigns.html, measured and sent by the patient. */
export function observationOf(patient: string, measure: Measure, values: readonly number[], now: number) {
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
    effectiveDateTime: new Date(now).toISOString(),
    ...(isComponentMeasure(measure)
      ? {
          component: Object.entries(measure.components).map(([key, part], index) => ({
            code: concept(part.code, part.title ?? partName(key)),
            valueQuantity: quantity(values[index]!, part.unit),
          })),
        }
      : { valueQuantity: quantity(values[0]!, measure.unit) }),
  };
}
