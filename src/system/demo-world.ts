import path from 'node:path';
import type { Principal } from '../access/principal.js';
import { parseScopes } from '../access/scope.js';
import { ploReceiver } from '../bridge/receive-message.js';
import type { Config } from '../config/config.js';
import { type DemoClientId, demoClients, demoMunicipality } from '../config/demo.js';
import { createCommit, type CommitSettings } from '../interactions/commit/commit.js';
import type { Services } from '../interactions/services.js';
import { ManualClock } from '../kernel/clock.js';
import { findPatients } from '../storage/patients.js';
import { currentRows } from '../storage/resources.js';
import { identifierSystems } from '../fhir/national-identifiers.js';
import { packageRoot } from '../fhir/package-root.js';
import { loadMessageMaps } from '../mapping/load-maps.js';
import { loadElementTrees } from '../mapping/tree/element-trees.js';
import { messageStore } from '../storage/messages.js';
import { organisationNumberOf } from '../storage/organisation-number.js';
import { DemoActor } from './demo-actor.js';
import { demoDirectory } from './demo-directory.js';
import { demoPeople, type DemoPatient } from './demo-people.js';

/**
 * Who is who in the demo world, and its equipment: what is not there yet is stored; what is there is left as it is.
 *
 * @returns how many were written
 */
export async function loadDemoDirectory(services: Services, by: Principal): Promise<number> {
  const resources = demoDirectory(by.controller);
  const stored = await currentRows(
    services.pool,
    resources.map((resource) => ({ type: resource.resourceType, id: resource.id! })),
    services.dictionary,
    false,
  );
  const missing = resources.filter((resource) => !stored.has(`${resource.resourceType}/${resource.id}`));
  if (missing.length > 0)
    await services.commit(
      { action: 'load demo directory', decide: () => missing.map((resource) => ({ op: 'update', resource })) },
      by,
      'start',
    );
  return missing.length;
}

export interface DemoParts {
  readonly config: Config;
  readonly services: Services;
  /** Of the server's own `commit`: the demo's differs in its clock only. */
  readonly commitSettings: CommitSettings;
  readonly by: Principal;
}

/**
 * Demo patients with a fortnight behind them, made by the same requests and messages as in life: each happens at its own
 * time on a clock that is set. Must run before the timers start, which would judge with today's time. A patient that is
 * there already is left alone.
 *
 * @returns how many were made
 */
export async function loadDemoPatients(parts: DemoParts): Promise<number> {
  const { services, by } = parts;
  const absent: DemoPatient[] = [];
  for (const person of demoPeople) if (!(await isThere(person, services, by))) absent.push(person);
  // Each has a clock of its own, so they can be made at the same time.
  await Promise.all(absent.map((person) => person.live(actorFor(parts), person)));
  return absent.length;
}

async function isThere(
  { fnr }: DemoPatient,
  { pool, dictionary }: Services,
  { controller }: Principal,
): Promise<boolean> {
  const identifier = { system: identifierSystems.fnr, value: fnr };
  const found = await findPatients(
    pool,
    { ids: [], identifiers: [identifier] },
    dictionary.controllerId(controller)!,
    dictionary,
  );
  return found.byIdentifier.size > 0;
}

function actorFor({ config, services, commitSettings, by }: DemoParts): DemoActor {
  const now = services.clock.now();
  const clock = new ManualClock(now);
  const commit = createCommit({ ...commitSettings, clock });
  const { ids, log, pool } = services;
  const receive = ploReceiver({
    commit,
    by,
    clock,
    ids,
    log,
    messages: messageStore(pool),
    organisationNumber: (herIds) => organisationNumberOf(pool, herIds),
    maps: loadMessageMaps(path.join(packageRoot(), 'mappings')),
    trees: loadElementTrees(path.join(packageRoot(), 'mappings', 'trees')),
    settings: {
      ownHerIds: config.OWN_HER_IDS,
      copiedHerIds: config.COPIED_HER_IDS,
      syntheticPatients: true,
      centreHerId: config.MESSAGE_SENDER_HER_ID,
    },
  });
  return new DemoActor({
    services: { ...services, commit, clock },
    clock,
    now,
    system: by,
    receive,
    principal: (client) => demoPrincipal(client, by.controller),
  });
}

/** A demo client as it is after authentication. */
export function demoPrincipal(id: DemoClientId, controller: string): Principal {
  const { role, name, organisation, person, scopes, carries } = demoClients[id];
  const orgnr = organisation.orgnr === demoMunicipality.orgnr ? controller : organisation.orgnr;
  return {
    client: id,
    subject: person === undefined ? id : `${id}-${person.hpr}`,
    name,
    role,
    organisation: orgnr,
    ...(person === undefined ? {} : { hpr: person.hpr }),
    scopes: parseScopes(scopes),
    parties: [`org:${orgnr}`, ...(person === undefined ? [] : [`hpr:${person.hpr}`]), `client:${id}`],
    carries,
    controller,
  };
}
