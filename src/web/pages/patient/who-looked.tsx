import type { JSX } from 'preact';
import { useApp } from '../app/context.js';
import { useLoaded } from '../app/load.js';
import { timeOf } from '../fhir/reading.js';
import type { Reference, Resource } from '../fhir/types.js';
import { timeWords } from '../words/dates.js';
import { ownWords } from '../words/own-words.js';

interface AuditEvent extends Resource {
  readonly recorded?: string;
  readonly agent?: readonly { readonly name?: string; readonly who?: Reference }[];
}

/** Who has looked, when, and for whom they work. https://hl7.org/fhir/R4/auditevent.html */
export function WhoLooked({ patient }: { readonly patient: string }): JSX.Element {
  const { say, fhir, language } = useApp();
  const loaded = useLoaded(
    () => fhir.search<AuditEvent>('AuditEvent', { patient: `Patient/${patient}`, _sort: '-date', _count: 50 }, 50),
    [patient],
  );
  const { value, error } = loaded;
  return (
    <section class="card">
      <h2>{say(ownWords.looked)}</h2>
      {error !== undefined && <p class="soft">{say(ownWords.lookedNot)}</p>}
      {value?.length === 0 && <p class="soft">{say(ownWords.lookedNone)}</p>}
      <ul>
        {(value ?? []).map(({ id, recorded, agent }) => (
          <li key={id}>
            <span class="soft">{timeWords(timeOf(recorded) ?? 0, language)}</span>{' '}
            {(agent ?? [])
              .map(({ name, who }) => name ?? who?.display ?? '')
              .filter(Boolean)
              .join(', ')}
          </li>
        ))}
      </ul>
    </section>
  );
}
