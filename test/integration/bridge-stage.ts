import type { Principal } from '../../src/access/principal.js';
import { systemPrincipal } from '../../src/access/principal.js';
import type { MessageParts } from '../../src/bridge/message-parts.js';
import type { OutgoingParts } from '../../src/bridge/send/outgoing-parts.js';
import { demoHospital, demoMunicipality } from '../../src/config/demo.js';
import { loadDefinitions } from '../../src/fhir/definitions.js';
import type { Resource } from '../../src/fhir/resource.js';
import { createProfiles } from '../../src/interactions/profiles.js';
import { createCommit } from '../../src/interactions/commit/commit.js';
import { systemClock } from '../../src/kernel/clock.js';
import { uuidv7 } from '../../src/kernel/ids.js';
import { silentLog } from '../../src/kernel/log.js';
import { loadMessageMaps } from '../../src/mapping/load-maps.js';
import { loadElementTrees } from '../../src/mapping/tree/element-trees.js';
import { loadSearchRegistry } from '../../src/search/load-registry.js';
import { Dictionary } from '../../src/storage/dictionary.js';
import { messageStore, queueMessage } from '../../src/storage/messages.js';
import { organisationNumberOf } from '../../src/storage/organisation-number.js';
import { openPool } from '../../src/storage/pool.js';
import { Rids } from '../../src/storage/rids.js';
import { compileValidator } from '../../src/validation/compile-validator.js';
import { StoredTopics } from '../../src/storage/stored-topics.js';
import { criteriaCompiler } from '../../src/subscriptions/criteria.js';
import { endpointPolicy } from '../../src/subscriptions/endpoint-policy.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const her = 'urn:oid:2.16.578.1.12.4.1.2';
const enh = 'urn:oid:2.16.578.1.12.4.1.4.101';

export interface Stage {
  readonly database: TestDatabase;
  readonly parts: MessageParts;
  /** The hospital's own client. */
  readonly hospital: Principal;
  all(type: string): Promise<readonly Resource[]>;
  put(...resources: readonly Resource[]): Promise<void>;
  close(): Promise<void>;
}

/** What messages of the municipality are sent with. */
export const outgoingOf = ({ database, parts }: Stage): OutgoingParts => ({
  commit: parts.commit,
  by: systemPrincipal(demoMunicipality.orgnr),
  queue: (message, now) => queueMessage(database.pool, message, { now, patients: [] }),
  log: silentLog,
  senderHerId: '8990002',
  maps: parts.maps,
  trees: parts.trees,
});

/** The write path on a real database, with the demo organisations, without the follow-up engine. */
export async function openStage(): Promise<Stage> {
  const database = await createTestDatabase();
  // What a commit waits for inside its transaction never waits for the connection of another commit.
  const side = openPool(database.connection, { size: 2 });
  const base = 'http://localhost:8080/fhir';
  const clock = systemClock;
  const ids = uuidv7(clock);
  const definitions = loadDefinitions();
  const registry = loadSearchRegistry();
  const system = systemPrincipal(demoMunicipality.orgnr);
  const dictionary = await Dictionary.load(side, {
    types: definitions.resourceTypes,
    params: registry.rowParams(),
    controllers: [demoMunicipality.orgnr],
  });
  const compile = criteriaCompiler(registry, base);
  const commit = createCommit({
    testNumbers: true,
    pool: database.pool,
    dictionary,
    registry,
    rids: new Rids(side),
    definitions,
    validator: compileValidator(definitions),
    profiles: createProfiles(side, { dictionary, registry }, clock),
    clock,
    ids,
    log: silentLog,
    secrets: { seal: (value) => JSON.stringify(value), open: (text) => JSON.parse(text) as unknown },
    base,
    audit: async () => {},
    onCommitted: () => {},
    daysAfterEnd: 90,
    topics: new StoredTopics(side, new Map(), compile, silentLog),
    subscriptionRules: {
      compile,
      endpoints: endpointPolicy({ allowedHosts: [], allowPublic: false, allowLoopback: false }),
    },
  });
  const put = async (...resources: readonly Resource[]): Promise<void> => {
    await commit(
      {
        action: 'test',
        decide: () =>
          resources.map((resource) => ({
            op: 'create',
            resource,
            by: 'module',
            managed: resource.resourceType === 'EpisodeOfCare',
          })),
      },
      system,
      'test',
    );
  };
  const organisations = [demoMunicipality, demoHospital].flatMap(({ name, orgnr, herId, units }): Resource[] => [
    {
      resourceType: 'Organization',
      id: orgnr,
      name,
      identifier: [
        { system: enh, value: orgnr },
        { system: her, value: herId },
      ],
    },
    ...units.map((unit) => ({
      resourceType: 'Organization',
      id: unit.herId,
      name: unit.name,
      identifier: [{ system: her, value: unit.herId }],
      partOf: { reference: `Organization/${orgnr}` },
    })),
  ]);
  await put(...organisations);
  return {
    database,
    put,
    async close() {
      await side.end();
      await database.drop();
    },
    hospital: {
      client: 'hospital',
      subject: 'hospital',
      name: 'Hospital',
      role: 'hospital',
      organisation: demoHospital.orgnr,
      scopes: [],
      parties: [`org:${demoHospital.orgnr}`],
      carries: [demoHospital.herId, ...demoHospital.units.map(({ herId }) => herId)],
      controller: demoMunicipality.orgnr,
    },
    parts: {
      commit,
      by: system,
      messages: messageStore(database.pool),
      organisationNumber: (herIds) => organisationNumberOf(database.pool, herIds),
      maps: loadMessageMaps('mappings'),
      trees: loadElementTrees('mappings/trees'),
      clock,
      ids,
      log: silentLog,
      settings: { ownHerIds: [], copiedHerIds: [], syntheticPatients: true, centreHerId: '8990002' },
    },
    async all(type) {
      const { rows } = await database.pool.query<{ content: string }>(
        'select r.content from resource r join resource_type t on t.id = r.type where t.name = $1 and r.content is not null order by r.rid',
        [type],
      );
      return rows.map((row) => JSON.parse(row.content) as Resource);
    },
  };
}
