import type { JSX } from 'preact';
import { system } from '../../../followup/vocabulary/systems.js';
import { systemClock } from '../../../kernel/clock.js';
import { useApp } from '../app/context.js';
import { Show, useLoaded } from '../app/load.js';
import { follow } from '../app/router.js';
import type { FhirClient } from '../fhir/client.js';
import { extensionOf, idOf, nameOf, parameterIn, timeOf } from '../fhir/reading.js';
import type { Parameters, Patient, Resource } from '../fhir/types.js';
import { relativeWords } from '../words/dates.js';
import { alertWords } from '../words/alert-words.js';
import { patientsById } from './patients-by-id.js';
import { type Entry, patientOf } from './worklist.js';

interface Device extends Resource {
  readonly serialNumber?: string;
  readonly deviceName?: readonly { readonly name: string }[];
}

interface Around {
  readonly silent: readonly { readonly patient: Patient; readonly last: number | undefined }[];
  readonly devices: readonly Device[];
}

const amiss = new Set(['lost', 'returned']);

/** What no alert shows by itself: who has fallen silent, what lacks limits, what is wrong with the equipment. */
export function Overview({ entries }: { readonly entries: readonly Entry[] }): JSX.Element {
  const { say, fhir, language } = useApp();
  const loaded = useLoaded(() => loadAround(fhir), []);
  const now = systemClock.now();
  return (
    <section class="overview" aria-labelledby="overview">
      <h2 id="overview">{say(alertWords.overview)}</h2>
      <div class="cards">
        <section class="card">
          <h3>{say(alertWords.silent)}</h3>
          <p class="small soft">{say(alertWords.silentHint)}</p>
          <Show loaded={loaded}>
            {({ silent }) => (
              <List
                items={silent.map(({ patient, last }) => ({
                  id: patient.id,
                  patient: patient.id,
                  text: nameOf(patient),
                  more:
                    last === undefined
                      ? say(alertWords.neverMeasured)
                      : say(alertWords.lastMeasured, { when: relativeWords(last, now, language) }),
                }))}
              />
            )}
          </Show>
        </section>
        {(
          [
            [alertWords.greyAlerts, entries.filter(({ colour }) => colour === 'grey')],
            [alertWords.technicalAlerts, entries.filter(({ colour }) => colour === 'technical')],
          ] as const
        ).map(([title, some]) => (
          <section key={title[0]} class="card">
            <h3>{say(title)}</h3>
            <List
              items={some.map((entry) => ({
                id: entry.task.id,
                patient: patientOf(entry),
                text: entry.name,
                more: entry.title,
              }))}
            />
          </section>
        ))}
        <section class="card">
          <h3>{say(alertWords.equipment)}</h3>
          <p class="small soft">{say(alertWords.equipmentHint)}</p>
          <Show loaded={loaded}>
            {({ devices }) => (
              <List
                items={devices.map((device) => ({
                  id: device.id,
                  patient: undefined,
                  text: [device.deviceName?.[0]?.name, device.serialNumber].filter(Boolean).join(' '),
                  more: stateOf(device)?.display ?? '',
                }))}
              />
            )}
          </Show>
        </section>
      </div>
    </section>
  );
}

interface Item {
  readonly id: string;
  readonly patient: string | undefined;
  readonly text: string;
  readonly more: string;
}

function List({ items }: { readonly items: readonly Item[] }): JSX.Element {
  const { say } = useApp();
  if (items.length === 0) return <p class="soft">{say(alertWords.nothing)}</p>;
  return (
    <ul>
      {items.map(({ id, patient, text, more }) => (
        <li key={id}>
          {patient === undefined ? (
            text
          ) : (
            <a href={`/trend?patient=${patient}`} onClick={follow}>
              {text}
            </a>
          )}{' '}
          <span class="small soft">{more}</span>
        </li>
      ))}
    </ul>
  );
}

const stateOf = (device: Device) => extensionOf(device, 'dho-equipment-state')?.valueCoding;

async function loadAround(fhir: FhirClient): Promise<Around> {
  const [overview, devices] = await Promise.all([
    fhir.operation<Parameters>('Task/$overview'),
    fhir.search<Device>('Device', { _count: 1000 }),
  ]);
  const silent = (overview.parameter ?? [])
    .filter(({ name }) => name === 'silent')
    .map(({ part }) => ({
      id: idOf(parameterIn(part, 'patient')?.valueReference) ?? '',
      last: timeOf(parameterIn(part, 'last')?.valueInstant),
    }));
  const patients = await patientsById(
    fhir,
    silent.map(({ id }) => id),
  );
  return {
    silent: silent.flatMap(({ id, last }) => {
      const patient = patients.get(id);
      return patient === undefined ? [] : [{ patient, last }];
    }),
    devices: devices.filter((device) => {
      const state = stateOf(device);
      return state?.system === system.equipmentState && amiss.has(state.code ?? '');
    }),
  };
}
