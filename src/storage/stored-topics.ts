// http://hl7.org/fhir/uv/subscriptions-backport/components.html#subscription-topics-in-r4
import { parseJsonObject } from '../fhir/json.js';
import type { Resource } from '../fhir/resource.js';
import { Failure } from '../kernel/failure.js';
import type { Log } from '../kernel/log.js';
import type { CompileCriteria } from '../subscriptions/compiled-subscription.js';
import { isInUse, isTopic, readTopic, type Topic, topicUrl } from '../subscriptions/topic.js';
import type { Queryable } from './pool.js';

/** Woken whenever a stored topic has changed. */
export const topicsChannel = 'hjemmebro_topics';

interface StoredTopic {
  readonly topic: Topic;
  /** Organisation number of the data controller whose topic it is; '' for everyone's. */
  readonly controller: string;
}

/** What can be subscribed to: the topics of the installation, and those that were written over the API. */
export class StoredTopics {
  private stored: ReadonlyMap<string, StoredTopic> = new Map();
  private known: ReadonlyMap<string, Topic>;
  private running: Promise<void> = Promise.resolve();
  private readonly read = new Map<string, StoredTopic | undefined>();

  /** @param builtIn topics of the installation, by URL */
  constructor(
    private readonly db: Queryable,
    readonly builtIn: ReadonlyMap<string, Topic>,
    private readonly compile: CompileCriteria,
    private readonly log: Log,
  ) {
    this.known = builtIn;
  }

  /** By canonical URL. */
  get all(): ReadonlyMap<string, Topic> {
    return this.known;
  }

  /** Canonical URLs of those that anyone may subscribe to. */
  get open(): readonly string[] {
    return [...this.known.keys()].filter((url) => (this.stored.get(url)?.controller ?? '') === '');
  }

  /** May somebody of these data controllers subscribe to it? */
  offers(url: string, controllers: readonly string[] | '*'): boolean {
    const controller = this.stored.get(url)?.controller ?? '';
    return this.known.has(url) && (controller === '' || controllers === '*' || controllers.includes(controller));
  }

  /** Resolves once what is known here is at least as new as the database is now. */
  refresh(): Promise<void> {
    this.running = this.running.catch(() => {}).then(() => this.load());
    return this.running;
  }

  private async load(): Promise<void> {
    const { rows } = await this.db.query<{ rid: number; version: number; text: string; controller: string }>(
      `select t.rid, r.version, r.content as text, c.orgnr as controller
       from subscription_topic t join resource r on r.rid = t.rid join dict_controller c on c.id = r.controller
       where r.content is not null order by t.rid`,
    );
    const stored = new Map<string, StoredTopic>();
    const current = new Set(rows.map(({ rid, version }) => `${rid}/${version}`));
    for (const key of this.read.keys()) if (!current.has(key)) this.read.delete(key);
    for (const { rid, version, text, controller } of rows) {
      const key = `${rid}/${version}`;
      if (!this.read.has(key)) this.read.set(key, this.understand(text, controller));
      const found = this.read.get(key);
      if (found !== undefined) stored.set(found.topic.url, found);
    }
    this.stored = stored;
    this.known = new Map([...[...stored].map(([url, { topic }]) => [url, topic] as const), ...this.builtIn]);
  }

  private understand(text: string, controller: string): StoredTopic | undefined {
    const resource = parseJsonObject(text) as Resource;
    try {
      return { topic: readTopic(resource, this.compile), controller };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.log.error({ err: error, topic: resource.id }, 'a stored topic can be served no more');
      return undefined;
    }
  }
}

/**
 * Notes, in the transaction of the change, which topic a Basic now is. One URL names one topic.
 *
 * @param after undefined: deleted
 */
export async function keepTopic(tx: Queryable, rid: number, after: Resource | undefined): Promise<void> {
  const { rowCount } = await tx.query('delete from subscription_topic where rid = $1', [rid]);
  const url = after !== undefined && isTopic(after) && isInUse(after) ? topicUrl(after) : undefined;
  if (url !== undefined) {
    const { rows } = await tx.query('select from subscription_topic where url = $1', [url]);
    if (rows.length > 0)
      throw new Failure('unprocessable', 'Another topic has this URL; a canonical URL names one topic.', {
        expression: 'Basic.extension',
        code: 'duplicate',
      });
    await tx.query('insert into subscription_topic (rid, url) values ($1, $2)', [rid, url]);
  }
  if (url !== undefined || rowCount !== 0) await tx.query('select pg_notify($1, $2)', [topicsChannel, '']);
}
