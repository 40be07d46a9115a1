import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../fhir/package-root.js';

let loaded: ReadonlyMap<string, string> | undefined;

/** `system|code` → id of the measurement that it spells (profiles/measurement-series.json, decision 4). */
export function measurementSeries(): ReadonlyMap<string, string> {
  if (loaded === undefined) {
    const file = JSON.parse(readFileSync(path.join(packageRoot(), 'profiles', 'measurement-series.json'), 'utf8')) as {
      series: { id: string; codes: string[] }[];
    };
    loaded = new Map(file.series.flatMap(({ id, codes }) => codes.map((code) => [code, id] as const)));
  }
  return loaded;
}

/** All codes (`system|code`) of the measurement that a code spells; the code alone where it spells none. */
export function spellingsOf(code: string): readonly string[] {
  const series = measurementSeries();
  const id = series.get(code);
  return id === undefined ? [code] : [...series].flatMap(([spelling, other]) => (other === id ? [spelling] : []));
}
