/**
 * EHR launch: a system that has a patient open asks for a launch, and leads the browser to the app with it.
 * https://hl7.org/fhir/smart-app-launch/app-launch.html#launch-app-ehr-launch
 */
import type { Principal } from '../../access/principal.js';
import { Failure } from '../../kernel/failure.js';
import type { IssuerParts, LaunchContext } from './issuer-parts.js';

/** Milliseconds from the launch to the login. */
const longest = 5 * 60_000;

interface Launch extends LaunchContext {
  readonly client: string;
  readonly until: number;
}

const idForm = /^[A-Za-z0-9\-.]{1,64}$/;

/**
 * @param body `{ client_id, patient, encounter?, intent? }`
 * @returns the launch, and the address that opens the app with it
 * @throws Failure invalid; not-found where the caller may not see the patient
 */
export async function makeLaunch(
  body: unknown,
  by: Principal,
  parts: IssuerParts,
): Promise<{ readonly launch: string; readonly url: string }> {
  const { client_id: id, patient, encounter, intent } = (body ?? {}) as Record<string, unknown>;
  const client = parts.clients.find((one) => one.id === id && one.launchUri !== undefined);
  if (client === undefined) throw new Failure('invalid', 'client_id must name an app that can be launched.');
  if (typeof patient !== 'string' || !idForm.test(patient))
    throw new Failure('invalid', 'patient must be the id of a Patient.');
  if (encounter !== undefined && (typeof encounter !== 'string' || !idForm.test(encounter)))
    throw new Failure('invalid', 'encounter must be the id of an Encounter.');
  if (intent !== undefined && (typeof intent !== 'string' || intent.length > 200))
    throw new Failure('invalid', 'intent must be a short text.');
  if ((await parts.patientsOf(by, patient)).length === 0)
    throw new Failure('not-found', 'There is no such Patient, or it is not one that this client may see.');
  const sealed = parts.launches.seal({
    client: client.id,
    until: parts.clock.now() + longest,
    patient,
    ...(encounter !== undefined && { encounter }),
    ...(intent !== undefined && { intent }),
  } satisfies Launch);
  const url = new URL(client.launchUri!, parts.audience);
  url.searchParams.set('iss', parts.audience);
  url.searchParams.set('launch', sealed);
  return { launch: sealed, url: url.href };
}

/** What a launch is about; undefined for one that is not ours, too old or meant for another app. */
export function openLaunch(
  value: string,
  client: string,
  { launches, clock }: Pick<IssuerParts, 'launches' | 'clock'>,
): LaunchContext | undefined {
  try {
    const { client: meant, until, ...context } = launches.open(value) as Launch;
    return meant === client && until > clock.now() ? context : undefined;
  } catch {
    return undefined;
  }
}
