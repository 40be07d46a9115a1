import type { Principal } from '../../../src/access/principal.js';
import type { Change } from '../../../src/fhir/change.js';
import { keyOf, type Resource } from '../../../src/fhir/resource.js';
import type { Commit, View, Work } from '../../../src/interactions/commit-types.js';
import { Failure } from '../../../src/kernel/failure.js';
import { ManualClock } from '../../../src/kernel/clock.js';
import type { Ids } from '../../../src/kernel/ids.js';
import { silentLog } from '../../../src/kernel/log.js';
import { loadMessageMaps } from '../../../src/mapping/load-maps.js';
import { loadElementTrees } from '../../../src/mapping/tree/element-trees.js';
import type { Queryable } from '../../../src/storage/pool.js';
import type { FinalReceipt, InboundRow, MessageStore, StoredMessage } from '../../../src/storage/messages.js';
import type { MessageParts, MessageSettings } from '../../../src/bridge/message-parts.js';

export const carrier: Principal = {
  client: 'carrier',
  subject: 'carrier',
  name: 'Carrier of every sender',
  role: 'admin',
  scopes: [],
  parties: ['client:carrier'],
  carries: '*',
  controller: '310000019',
};

/** A store in memory with the search the bridge uses; commits one at a time, all or nothing. */
export class MemoryServer {
  readonly resources = new Map<string, Resource>();
  readonly stored: (InboundRow & { readonly effects: readonly string[] })[] = [];
  readonly settled: { readonly msgId: string; readonly receipt: FinalReceipt }[] = [];
  readonly actors: Principal[] = [];
  readonly clock = new ManualClock(Date.parse('2026-03-02T09:05:00Z'));
  /** Thrown by the next commits, in order. */
  readonly failures: Failure[] = [];
  private queue: Promise<unknown> = Promise.resolve();
  private last = 0;
  private readonly arrivals = new Map<string, number>();

  constructor(private readonly settings: Partial<MessageSettings> = {}) {}

  readonly ids: Ids = { next: () => `00000000-0000-7000-8000-${String(++this.last).padStart(12, '0')}` };

  readonly commit: Commit = (work, by) => {
    const done = this.queue.then(() => this.perform(work, by));
    this.queue = done.catch(() => undefined);
    return done;
  };

  parts(): MessageParts {
    return {
      commit: this.commit,
      by: carrier,
      messages: this.messages(),
      organisationNumber: async (herIds) => (herIds.includes('8990010') ? '310000027' : undefined),
      maps: loadMessageMaps('mappings'),
      trees: loadElementTrees('mappings/trees'),
      clock: this.clock,
      ids: this.ids,
      log: silentLog,
      settings: { ownHerIds: [], copiedHerIds: [], syntheticPatients: true, centreHerId: '8990002', ...this.settings },
    };
  }

  put(...resources: readonly Resource[]): void {
    for (const resource of resources)
      this.resources.set(`${resource.resourceType}/${resource.id}`, { ...resource, meta: { versionId: '1' } });
  }

  all(type: string): readonly Resource[] {
    return [...this.resources.values()].filter(({ resourceType }) => resourceType === type);
  }

  private async perform(work: Work, by: Principal): ReturnType<Commit> {
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    this.actors.push(by);
    const changes = (await work.decide?.(this.view())) ?? [];
    const { message } = work;
    if (
      message?.msgId !== undefined &&
      this.stored.some((one) => one.sender === message.sender && one.msgId === message.msgId)
    ) {
      throw new Failure('conflict', 'twice');
    }
    for (const change of changes) this.apply(change);
    const effects = changes.map((change) => (change.op === 'delete' ? change.type : change.resource.resourceType));
    if (message !== undefined) {
      this.stored.push({ ...message, effects });
      this.arrivals.set(message.id, this.clock.now());
    }
    await work.conclude?.({ query: this.release });
    return [];
  }

  /** The one statement that a commit of the bridge concludes with: the release of a held message. */
  private readonly release = (async (_statement: string, [id]: readonly string[]) => {
    const at = this.stored.findIndex((one) => one.id === id && one.state === 'held');
    if (at >= 0) this.stored[at] = { ...this.stored[at]!, state: 'accepted' };
    return { rowCount: at >= 0 ? 1 : 0, rows: [] };
  }) as unknown as Queryable['query'];

  private apply(change: Change): void {
    if (change.op === 'delete') return;
    const { resource } = change;
    const id = resource.id ?? this.ids.next();
    const version = Number(this.resources.get(keyOf({ type: resource.resourceType, id }))?.meta?.versionId ?? 0) + 1;
    this.resources.set(`${resource.resourceType}/${id}`, {
      ...resource,
      id,
      meta: { ...resource.meta, versionId: String(version) },
    });
  }

  private view(): View {
    const search = async (type: string, query: string): Promise<readonly Resource[]> =>
      this.all(type).filter((resource) =>
        [...new URLSearchParams(query)].every(([name, value]) => matches(resource, name, value)),
      );
    return {
      now: this.clock.now(),
      read: async (key) => this.resources.get(keyOf(key)),
      glance: async (key) => this.resources.get(keyOf(key)),
      search,
      find: search,
      patients: ({ system, value }) => search('Patient', `identifier=${encodeURIComponent(`${system}|${value}`)}`),
      related: async () => true,
      naming: async () => [],
    };
  }

  private messages(): MessageStore {
    const stored = (row: InboundRow): StoredMessage => ({
      ...row,
      direction: 'in',
      receivedAt: this.arrivals.get(row.id) ?? 0,
    });
    return {
      find: async (sender, msgId) => {
        const row = this.stored.find((one) => one.sender === sender && one.msgId === msgId);
        return row && stored(row);
      },
      came: async ({ sender, conversation, types }) =>
        this.stored.some(
          (one) =>
            one.sender === sender &&
            one.conversation === conversation &&
            one.state === 'accepted' &&
            types.includes(one.msgType ?? ''),
        ),
      list: async () => this.stored.map(stored),
      byId: async (id) => {
        const row = this.stored.find((one) => one.id === id);
        return row && stored(row);
      },
      held: async ({ of }) =>
        this.stored
          .filter((one) => one.state === 'held' && one.receipt !== undefined)
          .filter(
            (one) =>
              of === undefined || (one.sender === of.sender && [one.parent, one.conversation].includes(of.msgId)),
          )
          .map(stored),
      raw: async (id) => this.stored.find((one) => one.id === id)?.raw,
      settle: async (msgId, _by, receipt) => {
        this.settled.push({ msgId, receipt });
        return msgId.startsWith('9b7a')
          ? { id: msgId, direction: 'out', state: 'acknowledged', receivedAt: 0 }
          : undefined;
      },
    };
  }
}

function matches(resource: Resource, name: string, value: string): boolean {
  if (name === 'identifier') {
    const [system, id] = value.split('|');
    return ((resource.identifier ?? []) as { system?: string; value?: string }[]).some(
      (one) => one.system === system && one.value === id,
    );
  }
  if (name === 'status') return value.split(',').includes(String(resource.status));
  if (name === 'entity')
    return ((resource.entity ?? []) as { what?: { reference?: string } }[]).some(
      ({ what }) => what?.reference === value,
    );
  if (name === 'focus') return (resource.focus as { reference?: string } | undefined)?.reference === value;
  if (name === 'code') {
    const [system, code] = value.split('|');
    const codings = (resource.code as { coding?: { system?: string; code?: string }[] } | undefined)?.coding ?? [];
    return codings.some((one) => one.system === system && one.code === code);
  }
  if (name === 'patient') {
    const subject = (resource.subject ?? resource.patient ?? resource.for) as { reference?: string } | undefined;
    return subject?.reference === value;
  }
  throw new Error(`the memory server does not know the parameter ${name}`);
}

const fnr = 'urn:oid:2.16.578.1.12.4.1.4.1';
/** A patient with running home follow-up. */
export const followed: readonly Resource[] = [
  { resourceType: 'Patient', id: 'ola', identifier: [{ system: fnr, value: '12834812019' }] },
  {
    resourceType: 'EpisodeOfCare',
    id: 'dho',
    status: 'active',
    statusHistory: [{ status: 'active', period: { start: '2026-01-10T10:00:00Z' } }],
    patient: { reference: 'Patient/ola' },
    managingOrganization: { reference: 'Organization/centre' },
  },
];
