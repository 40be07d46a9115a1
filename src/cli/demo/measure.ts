import type { Resource } from '../../fhir/resource.js';
import { alertOf, colourOf } from '../../followup/projection/alert-element.js';
import { system } from '../../followup/vocabulary/systems.js';
import { reading } from '../../system/demo-readings.js';
import { claim, eventually } from './expected.js';
import type { HookCall } from './hook-sink.js';
import type { Equipped } from './plan.js';
import { type Accepted, rounded } from './refer.js';
import type { Stage } from './stage.js';

export interface Measured {
  /** In the order they were sent. */
  readonly values: readonly number[];
  readonly colours: readonly string[];
  /** From the acknowledged measurement to the notification of the nurse's system; 0 when that came first. */
  readonly hookMilliseconds: { readonly yellow: number; readonly red: number };
  readonly alert: Resource;
}

/** The falling saturation of a worsening KOLS: yellow at 91 %, a call after three yellow, red at 89 %. */
const series = [
  { value: 91, colour: 'yellow', count: 1 },
  { value: 90, colour: 'yellow', count: 2 },
  { value: 90, colour: 'yellow', count: 3 },
  { value: 89, colour: 'red', count: 4 },
] as const;

/** The nurse's system subscribes to the centre's alerts. */
export async function subscribe({ municipality, hook, tell }: Stage): Promise<Resource> {
  const subscription = await municipality.create({
    resourceType: 'Subscription',
    status: 'requested',
    reason: 'Varsler til vaktsykepleierens system',
    criteria: `Task?code=${system.taskCode}|handle-alert`,
    channel: { type: 'rest-hook', endpoint: hook.url, payload: 'application/fhir+json' },
  });
  await eventually(
    'Aktivering av abonnementet',
    async () => ((await municipality.read('Subscription', subscription.id!))['status'] === 'active' ? true : undefined),
    10_000,
  );
  tell('Sykepleierens system abonnerer på varsler (rest-hook).');
  return subscription;
}

export async function measure(stage: Stage, { patient }: Accepted, { serial }: Equipped): Promise<Measured> {
  const { device, patient: person, hook, now, newId, tell } = stage;
  const hooks = { yellow: 0, red: 0 };
  for (const { value, colour, count } of series) {
    const took = performance.now();
    await device.create(reading('spo2', value, { fnr: person.fnr, serial })({ at: now(), id: newId() }));
    const acknowledged = performance.now();
    const alert = await theAlert(stage, patient);
    claim(
      colourOf(alert) === colour && evidenceIn(alert) === count,
      `SpO₂ ${value} % skal gi et varsel som er ${colour} med ${count} måling(er), men det er ${colourOf(alert)} med ${evidenceIn(alert)}.`,
    );
    let told = '';
    if (count === 1 || colour === 'red') {
      const call = await hook.wait(`Meldingen om ${colour} varsel`, isAbout(alert, colour));
      hooks[colour] = Math.max(0, call.at - acknowledged);
      told = `, sykepleierens system fikk det ${rounded(hooks[colour])} ms etter kvitteringen`;
    }
    tell(
      `${person.given} måler SpO₂ ${value} %: ${colour === 'red' ? 'RØDT' : 'gult'} varsel${count === 1 ? ' åpnes' : colour === 'red' ? ', samme varsel skjerpet' : ' får en måling til'} (kvittert på ${rounded(acknowledged - took)} ms${told}).`,
    );
  }
  await calledAfterThree(stage, patient);
  return {
    values: series.map(({ value }) => value),
    colours: series.map(({ colour }) => colour),
    hookMilliseconds: hooks,
    alert: await theAlert(stage, patient),
  };
}

/** The one open alert about saturation. */
export async function theAlert({ municipality }: Stage, patient: Resource): Promise<Resource> {
  const open = await municipality.search('DetectedIssue', { patient: `Patient/${patient.id}`, status: 'preliminary' });
  const found = open.filter((issue) => alertOf(issue)?.rule === 'spo2-zone');
  claim(found.length === 1, `Det skal være ett åpent varsel om oksygenmetning, men det er ${found.length}.`);
  return found[0]!;
}

/** Number of measurements behind the alert. */
export const evidenceIn = (alert: Resource): number => alertOf(alert)?.count ?? 0;

const isAbout =
  (alert: Resource, colour: string) =>
  ({ resource }: HookCall): boolean =>
    resource.resourceType === 'Task' &&
    (resource['focus'] as { reference?: string } | undefined)?.reference === `DetectedIssue/${alert.id}` &&
    colourOf(resource) === colour;

async function calledAfterThree({ municipality, tell }: Stage, patient: Resource): Promise<void> {
  const calls = await municipality.search('Task', {
    patient: `Patient/${patient.id}`,
    code: `${system.taskCode}|call-patient`,
  });
  claim(calls.length === 1, `Tre gule på en uke skal gi én oppgave om å ringe pasienten, men det er ${calls.length}.`);
  tell('Tre gule funn på en uke ga også oppgaven «Ring pasienten».');
}
