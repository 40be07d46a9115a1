import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { identifierSystem } from '../../../followup/vocabulary/systems.js';
import { systemClock } from '../../../kernel/clock.js';
import { useApp } from '../app/context.js';
import { Show, useLoaded } from '../app/load.js';
import { follow } from '../app/router.js';
import { ZoneChip } from '../app/signs.js';
import type { FhirClient } from '../fhir/client.js';
import { idOf, nameOf, zoneIn } from '../fhir/reading.js';
import type { Flag, Patient } from '../fhir/types.js';
import { ageWords } from '../words/dates.js';
import { trendWords } from '../words/trend-words.js';

interface Found {
  readonly patients: readonly Patient[];
  readonly flags: readonly Flag[];
}

/** The patients one follows; by name, or by number in the body of a search. */
export function PatientFinder(): JSX.Element {
  const { say, fhir } = useApp();
  const [wanted, setWanted] = useState('');
  const loaded = useLoaded(() => findPatients(fhir, wanted), [wanted]);
  return (
    <section class="card stack">
      <h1>{say(trendWords.find)}</h1>
      <form
        class="field"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          setWanted(String(new FormData(event.currentTarget).get('patient') ?? '').trim());
        }}
      >
        <label for="patient">{say(trendWords.findHint)}</label>
        <div class="split">
          <input id="patient" name="patient" type="text" autocomplete="off" />
          <button type="submit" class="primary">
            {say(trendWords.find)}
          </button>
        </div>
      </form>
      <Show loaded={loaded}>{(found) => <FoundList found={found} />}</Show>
    </section>
  );
}

function FoundList({ found }: { readonly found: Found }): JSX.Element {
  const { say } = useApp();
  if (found.patients.length === 0) return <p class="empty">{say(trendWords.noneFound)}</p>;
  return (
    <ul class="found">
      {found.patients.map((patient) => (
        <li key={patient.id}>
          <a href={`/trend?patient=${patient.id}`} onClick={follow}>
            {nameOf(patient)}
          </a>
          <span class="soft small">{ageWords(patient.birthDate, systemClock.now(), say)}</span>
          <ZoneChip zone={zoneIn(found.flags.filter(({ subject }) => idOf(subject) === patient.id))} />
        </li>
      ))}
    </ul>
  );
}

async function findPatients(fhir: FhirClient, wanted: string): Promise<Found> {
  const digits = wanted.replaceAll(/\s/g, '');
  const systems = [identifierSystem.fnr, identifierSystem.dnr, identifierSystem.fhn];
  const query = /^\d{11}$/.test(digits)
    ? { identifier: systems.map((one) => `${one}|${digits}`).join(',') }
    : wanted === ''
      ? {}
      : { name: wanted.split(/\s+/) };
  const [patients, flags] = await Promise.all([
    fhir.search<Patient>('Patient', { ...query, _count: 100 }, 100),
    fhir.search<Flag>('Flag', { status: 'active', _count: 1000 }, 2000),
  ]);
  return { patients: patients.toSorted((a, b) => nameOf(a).localeCompare(nameOf(b), 'nb')), flags };
}
