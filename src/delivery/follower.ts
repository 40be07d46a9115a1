import type { Principal } from '../access/principal.js';
import { parseJsonObject } from '../fhir/json.js';
import type { Resource } from '../fhir/resource.js';
import { Failure } from '../kernel/failure.js';
import { type LogRow } from '../storage/change-log.js';
import type { Queryable } from '../storage/pool.js';
import {
  type FollowedSubscription,
  followedSubscription,
  followedSubscriptions,
  followSubscription,
  type Following,
  stopFollowed,
} from '../storage/subscription-events.js';
import type { CompiledSubscription } from '../subscriptions/compiled-subscription.js';
import type { SubscriberAccess } from './delivery-ports.js';
import { type Indexed, SubscriptionIndex } from '../subscriptions/subscription-index.js';

/** A Subscription that is matched, with the caller whose access counts. */
export interface Subscriber extends Indexed {
  readonly version: number;
  readonly owner: Principal;
}

/** `parseSubscription` with the server's rules. */
export type CompileSubscription = (resource: Resource) => CompiledSubscription | Failure;

const unknownOwner = 'It is not known who created the subscription; create it anew.';
const formerOwner =
  'The client that created the subscription is not registered here any more, or for another organisation, role or data controller.';

/** Keeps the index of subscriptions at exactly the matcher's position in the log. */
export class Follower {
  index = new SubscriptionIndex<Subscriber>();
  /** Owners by what they are: subscriptions of one owner share one object, so that it is judged once for each change. */
  private owners = new Map<string, Principal>();

  constructor(
    private readonly compile: CompileSubscription,
    private readonly access: Pick<SubscriberAccess, 'isKnown'>,
  ) {}

  /**
   * Builds the index as of the stored position. A subscription that can be served no more, or whose client is registered no
   * more, is in error.
   */
  async load(tx: Queryable): Promise<void> {
    this.index = new SubscriptionIndex<Subscriber>();
    this.owners = new Map();
    const followed = await followedSubscriptions(tx);
    const former = followed.filter(({ owner }) => owner !== null && !this.access.isKnown(owner));
    await stopFollowed(
      tx,
      former.map(({ rid }) => rid),
      formerOwner,
    );
    for (const one of followed) {
      const failure = former.includes(one) ? undefined : this.enter(one);
      if (failure !== undefined) await stopFollowed(tx, [one.rid], failure.message);
    }
  }

  /** Follows one change of a Subscription. */
  async follow(tx: Queryable, row: LogRow): Promise<void> {
    await followSubscription(tx, this.meaning(row));
    this.index.remove(row.rid);
    const followed = await followedSubscription(tx, row.rid);
    if (followed === undefined) return;
    const { owner } = followed;
    if (owner === null) await stopFollowed(tx, [row.rid], unknownOwner);
    else if (!this.access.isKnown(owner)) await stopFollowed(tx, [row.rid], formerOwner);
    else this.enter(followed);
  }

  /** What matching makes of a version of a Subscription. */
  private meaning(row: LogRow): Following {
    if (row.kind === 'd' || row.text === undefined) return { row, announced: 'off', status: 'deleted' };
    const compiled = this.understand(row.text);
    if (compiled instanceof Failure)
      return { row, announced: announcedOf(row.text), status: 'error', error: compiled.message };
    const announced = compiled.status;
    const served = {
      row,
      announced,
      bySocket: compiled.channel.kind === 'websocket',
      heartbeatSeconds: compiled.topic === undefined ? undefined : compiled.heartbeatSeconds,
    };
    if (announced === 'requested') return { ...served, status: isGreeted(compiled) ? 'requested' : 'active' };
    return { ...served, status: announced === 'off' ? 'off' : 'keep' };
  }

  /** @returns why it cannot be served */
  private enter(followed: FollowedSubscription): Failure | undefined {
    // A subscription in error is still numbered, so that a new request goes on where delivery stopped.
    if (followed.text === null || followed.owner === null || followed.status === 'off' || followed.status === 'deleted')
      return undefined;
    const subscription = this.understand(followed.text);
    if (subscription instanceof Failure) return subscription;
    this.index.put({
      rid: followed.rid,
      version: followed.version,
      owner: this.sameOwner(followed.owner),
      subscription,
    });
    return undefined;
  }

  private sameOwner(owner: Principal): Principal {
    const text = JSON.stringify(owner);
    const known = this.owners.get(text);
    if (known === undefined) this.owners.set(text, owner);
    return known ?? owner;
  }

  private understand(text: string): CompiledSubscription | Failure {
    try {
      return this.compile(parseJsonObject(text) as Resource);
    } catch (error) {
      return error instanceof Failure
        ? error
        : new Failure('fault', 'The subscription could not be read.', { cause: error });
    }
  }
}

/** Its endpoint is asked by a handshake first. http://hl7.org/fhir/uv/subscriptions-backport/channels.html#rest-hook */
const isGreeted = ({ topic, channel }: CompiledSubscription): boolean => topic !== undefined && 'endpoint' in channel;

function announcedOf(text: string): string {
  const status = parseJsonObject(text)['status'];
  return typeof status === 'string' ? status : 'error';
}
