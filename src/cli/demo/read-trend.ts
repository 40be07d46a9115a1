import type { Resource } from '../../fhir/resource.js';
import { claim } from './expected.js';
import type { Measured } from './measure.js';
import type { Stage } from './stage.js';

export interface Trend {
  /** What the GP sees, in order of time. */
  readonly values: readonly number[];
  /** What the hospital gets for `$lastn`. */
  readonly last: number | undefined;
}

const code = 'http://loinc.org|59408-5';

/** GP and hospital read the same measurements, each in its own system. */
export async function readTrend(
  { gp, hospital, device, identifier, tell }: Stage,
  { values }: Measured,
): Promise<Trend> {
  const seen = (await gp.search('Observation', { 'patient.identifier': identifier, code, _sort: 'date' })).map(valueOf);
  claim(seen.join() === values.join(), `Fastlegen skal se ${values.join(', ')}, men ser ${seen.join(', ')}.`);
  const patient = await hospital.find('Patient', { identifier });
  const [last] = await hospital.lastValues({ patient: `Patient/${patient.id}`, code, max: '1' });
  const value = last === undefined ? undefined : valueOf(last);
  claim(value === values.at(-1), `Sykehuset skal få ${values.at(-1)} som siste måling, men fikk ${value ?? 'ingen'}.`);
  const foreign = await device.search('DetectedIssue', { 'patient.identifier': identifier }).catch(() => []);
  claim(foreign.length === 0, 'Måleutstyrets system skal ikke se varsler.');
  tell(
    `Fastlegen leser trenden ${seen.join(' → ')} % (søk med fødselsnummer i POST), sykehuset siste verdi ${value} % ($lastn). Utstyrets system ser ingen varsler.`,
  );
  return { values: seen, last: value };
}

const valueOf = (observation: Resource): number =>
  Number((observation['valueQuantity'] as { value?: number } | undefined)?.value);
