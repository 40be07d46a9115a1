/** What the triggering value looks like to people. Norwegian, short, without identity. */
import { localMinute, localTime } from '../calendar/local-time.js';
import type { Measure } from '../ruleset/grammar.js';
import { isComponentMeasure } from '../ruleset/grammar.js';
import type { ObsInput } from './input.js';
import { contextWords, numberWords, unitWords } from '../vocabulary/value-words.js';
import type { Evidence, Form, Reading } from './state.js';

/** `Oksygenmetning 89 % (med oksygen)`, `Blodtrykk 88/50 mmHg`, `Blodsukker >33,3 mmol/L` */
export function readingWords(key: string, reading: Reading, measure: Measure): string {
  const title = measure.title ?? key;
  const ctx = reading.ctx === undefined ? '' : ` (${contextWords(reading.ctx)})`;
  const noted = reading.noted === undefined ? '' : ` [${reading.noted.join(', ')}]`;
  if (isComponentMeasure(measure)) {
    const names = Object.keys(measure.components);
    const unit = measure.components[names[0] ?? '']?.unit ?? '';
    return `${title} ${names.map((name) => partWords(reading.components?.[name])).join('/')} ${unitWords(unit)}${ctx}${noted}`;
  }
  return `${title} ${reading.comparator ?? ''}${partWords(reading.value)} ${unitWords(reading.unit ?? measure.unit)}${ctx}${noted}`;
}

/** The value as it was sent, for what could not be judged. */
export function sentWords(input: ObsInput, measure: Measure | undefined): string {
  const values =
    input.components === undefined ? [input.value] : Object.values(input.components).map(({ value }) => value);
  const unit = input.unit ?? (measure !== undefined && 'unit' in measure ? measure.unit : '');
  const status = input.status === undefined || input.status.length === 0 ? '' : ` [${input.status.join(', ')}]`;
  return (
    `${measure?.title ?? input.measure} ${input.comparator ?? ''}${values.map(partWords).join('/')} ${unitWords(unit)}`.trimEnd() +
    status
  );
}

const partWords = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? numberWords(String(value)) : '–';

/** `20.11. kl. 09:00` */
export const momentWords = (t: number, zone: string): string => localTime(t, zone).toFormat("d.M. 'kl.' HH:mm");

export function readingEvidence(key: string, reading: Reading, zone: string): Evidence {
  const source = reading.source ?? reading.identifier ?? `${key}@${localMinute(reading.t, zone)}`;
  return { key: `e${reading.id}`, t: reading.t, source };
}

export function formEvidence(questionnaire: string, form: Form, zone: string): Evidence {
  const source = form.source ?? form.identifier ?? `${questionnaire}@${localMinute(form.t, zone)}`;
  return { key: `e${form.id}`, t: form.t, source };
}
