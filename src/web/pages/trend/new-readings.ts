import { useEffect, useRef, useState } from 'preact/hooks';
import { instant, systemClock } from '../../../kernel/clock.js';
import type { Loaded } from '../app/load.js';
import type { FhirClient } from '../fhir/client.js';
import { listen } from '../fhir/live.js';
import type { Resource } from '../fhir/types.js';
import type { Trend } from './load-trend.js';

/** Clocks differ, and what is being written while the page is fetched may be older than the page. */
const marginMs = 60_000;
const pollMs = 60_000;

/**
 * Fetches the page again when something new has come of the patient: told by the server, or for a patient's own page, whose
 * login has no subscriptions, looked for once a minute while it is seen.
 *
 * @returns whether changes come by themselves
 */
export function useNewReadings(fhir: FhirClient, loaded: Loaded<Trend>, how: 'told' | 'looked for'): boolean {
  const [live, setLive] = useState(false);
  const patient = loaded.value?.patient.id;
  const shown = useRef({ since: 0, known: new Set<string>() });
  // The subscription outlives what is fetched in which way.
  const reload = useRef(loaded.reload);
  reload.current = loaded.reload;
  useEffect(() => {
    const series = loaded.value === undefined ? [] : [...loaded.value.measures, ...loaded.value.forms];
    const known = new Set(series.flatMap(({ readings }) => readings.map(({ source }) => source)));
    shown.current = { since: systemClock.now() - marginMs, known };
  }, [loaded.value]);
  useEffect(() => {
    if (patient === undefined) return undefined;
    const look = async (): Promise<void> => {
      const { since, known } = shown.current;
      const query = { patient: `Patient/${patient}`, _lastUpdated: `ge${instant(since)}`, _elements: 'id' };
      const found = await Promise.all(
        ['Observation', 'QuestionnaireResponse'].map((type) => fhir.search<Resource>(type, query)),
      );
      if (found.flat().some(({ resourceType, id }) => !known.has(`${resourceType}/${id}`))) await reload.current();
    };
    // Without an answer there is another try later.
    const lookQuietly = (): void => void look().catch(() => undefined);
    if (how === 'told') return listen(fhir, `Observation?patient=${patient}`, lookQuietly, setLive).stop;
    const whenSeen = (): void => {
      if (document.visibilityState === 'visible') lookQuietly();
    };
    const timer = setInterval(whenSeen, pollMs);
    document.addEventListener('visibilitychange', whenSeen);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', whenSeen);
    };
  }, [patient, how]);
  return live;
}
