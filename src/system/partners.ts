// Whom messages are exchanged with: PARTNERS_FILE, the address register behind it, and who gets measurements over HL7 v2.
import type { Principal } from '../access/principal.js';
import { parseScopes } from '../access/scope.js';
import { addressRegister } from '../bridge/partner/address-register.js';
import { cachedBook } from '../bridge/partner/cached-book.js';
import { firstOf, type AddressBook } from '../bridge/partner/partner.js';
import { type MeasurementReceiver, noPartners, type Partners, readPartners } from '../bridge/partner/partner-file.js';
import { stableId } from '../bridge/send/stable-id.js';
import type { Config } from '../config/config.js';
import { type MeasurementAudience, startMeasurementSender } from '../delivery/measurement-sender.js';
import { canonicalBase } from '../followup/vocabulary/systems.js';
import type { Services } from '../interactions/services.js';
import type { MessageMaps } from '../mapping/load-maps.js';
import { buildMeasurement } from '../mapping/outbound/measurement-message.js';
import type { Pool } from '../storage/pool.js';
import type { Session } from '../storage/session.js';
import { subscriberAccess } from './events.js';
import type { Releaser } from './releaser.js';

export interface OpenPartners {
  readonly partners: Partners;
  /** The file first, then the register. */
  readonly book: AddressBook;
}

/** @throws Failure `fault` when PARTNERS_FILE cannot be used */
export function openPartners(
  { PARTNERS_FILE: file }: Pick<Config, 'PARTNERS_FILE'>,
  services: Pick<Services, 'clock' | 'log'>,
): OpenPartners {
  const partners = file === undefined ? noPartners : readPartners(file);
  const { register } = partners;
  if (register === undefined) return { partners, book: partners.book };
  const { freshSeconds, staleSeconds, ...connection } = register;
  const cache = { freshMs: freshSeconds * 1000, staleMs: staleSeconds * 1000 };
  return { partners, book: firstOf(partners.book, cachedBook(addressRegister(connection), cache, services)) };
}

export interface MeasuringParts {
  readonly config: Config;
  readonly services: Services;
  readonly pool: Pool;
  readonly session: Session;
  readonly by: Principal;
  readonly maps: MessageMaps;
}

/** Starts to send measurements where PARTNERS_FILE names somebody who gets them. */
export function startMeasuring(
  receivers: readonly MeasurementReceiver[],
  { config, services, pool, session, by, maps }: MeasuringParts,
  releaser: Releaser,
): void {
  if (receivers.length === 0) return;
  const { clock, log } = services;
  const audienceOf = (receiver: MeasurementReceiver): MeasurementAudience => {
    const { organisation, application, facility, charset, categories } = receiver;
    const ends = {
      sendingFacility: by.controller,
      application,
      facility,
      charset,
      processing: config.production ? 'P' : 'T',
    } as const;
    return {
      principal: principalOf(receiver, by.controller),
      categories: new Set(categories),
      ownSystem: `${canonicalBase}/result-number/${encodeURIComponent(facility || application)}`,
      build: ({ observation, patient, version, at }) =>
        buildMeasurement(
          {
            observation,
            patient,
            ends,
            id: stableId('measurement', observation.id ?? '', String(version), organisation, facility, application),
            at,
          },
          maps,
        ),
    };
  };
  const sender = startMeasurementSender({
    pool,
    session,
    clock,
    log,
    // Who is in PARTNERS_FILE is known by that.
    access: subscriberAccess(services, pool, () => true),
    audiences: receivers.map(audienceOf),
  });
  releaser.add('measurement messages', () => sender.stop());
}

/** The hospital as it would be over FHIR: it gets what it may read. */
const principalOf = ({ organisation, application, facility }: MeasurementReceiver, controller: string): Principal => ({
  client: `mllp ${facility}|${application}`,
  subject: `${facility}|${application}`,
  name: `${facility} ${application}`,
  role: 'hospital',
  organisation,
  scopes: parseScopes('system/Observation.rs system/Patient.rs'),
  parties: [`org:${organisation}`],
  carries: [],
  controller,
});
