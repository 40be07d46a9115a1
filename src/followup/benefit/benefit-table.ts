/** The table of the benefit form (NUM-12): five columns, one row for each patient and time. */
import { DateTime } from 'luxon';
import { csvText } from '../vocabulary/csv-text.js';
import type { Resource } from '../../fhir/resource.js';
import { type Concept, type Identifier, many } from '../vocabulary/element.js';
import { canonicalBase } from '../vocabulary/systems.js';
import {
  type BenefitSubject,
  type BenefitTime,
  benefitTimes,
  type BenefitValue,
  benefitValue,
} from './benefit-values.js';

const columns = ['Gerica-ID', 'Startdato', 'Måledato', 'Besøk per måned', 'Minutter per måned'];
export const gericaSystem = `${canonicalBase}/gerica-id`;

const words = { unknown: 'mangler', 'temp-unknown': 'ikke ennå' } as const;

/** CSV as Norwegian spreadsheets read it: semicolons, decimal commas, UTF-8 with its mark. https://www.rfc-editor.org/rfc/rfc4180 */
export function benefitTable(subjects: readonly BenefitSubject[], now: number): string {
  const rows = subjects
    .toSorted((a, b) => a.start - b.start)
    .flatMap((subject) =>
      (Object.keys(benefitTimes) as BenefitTime[]).map((time) => {
        const visits = benefitValue(subject, { code: 'home-visits-month', time }, now);
        const minutes = benefitValue(subject, { code: 'home-minutes-month', time }, now);
        const at = visits.value === undefined ? minutes.at : visits.at;
        return [gericaId(subject.patient), day(subject.start), day(at), cell(visits), cell(minutes)];
      }),
    );
  return csvText([columns, ...rows]);
}

const day = (at: number): string => DateTime.fromMillis(at, { zone: 'Europe/Oslo' }).toFormat('dd.MM.yyyy');

const cell = ({ value, absent }: BenefitValue): string =>
  value === undefined ? words[absent ?? 'unknown'] : String(value).replace('.', ',');

/** The number in the municipality's record; a national identity number never stands in its place. */
function gericaId(patient: Resource): string {
  const found = many<Identifier>(patient.identifier).find(
    (one) => one.system === gericaSystem || /^gerica/i.test((one.type as Concept | undefined)?.text ?? ''),
  );
  return found?.value ?? words.unknown;
}
