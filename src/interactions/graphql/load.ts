import { parseJson } from '../../fhir/json.js';
import { visitReferences } from '../../fhir/reference.js';
import type { Resource } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import { bodyText, type Context, type FhirRequest } from '../request.js';

/** Reads and searches of one query. */
const mostRequests = 1000;
/** Characters of resources that one query may bring together. */
const mostCharacters = 50_000_000;

/** Of them at the same time: others ask the database too. */
const together = 8;
/** Milliseconds after which nothing more is begun. */
const longest = 30_000;

type Pairs = readonly (readonly [string, string])[];

export interface Page {
  readonly resources: readonly Resource[];
  readonly modes: readonly string[];
  /** What asks for the next page, as the value of `_cursor`. */
  readonly next?: string;
}

/**
 * What a query gets its resources by: the same interactions that every client has, so scopes, relations, hidden elements and
 * the audit are theirs. What is asked for twice is fetched once.
 */
export class Loader {
  private requests = 0;
  private characters = 0;
  private readonly begun = performance.now();
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  /** Why the query as a whole is given up. */
  stopped: Failure | undefined;
  private readonly resources = new Map<string, Promise<Resource>>();
  private readonly contained = new WeakMap<object, Resource>();

  constructor(private readonly context: Context) {}

  get base(): string {
    return this.context.services.base;
  }

  /** @param path `Patient/1`, or a version of it */
  read(path: string): Promise<Resource> {
    let resource = this.resources.get(path);
    if (resource === undefined) {
      resource = this.ask({ method: 'GET', segments: path.split('/'), query: [], headers: {} }).then((text) =>
        this.noted(parseJson(text) as Resource),
      );
      this.resources.set(path, resource);
    }
    return resource;
  }

  /** Parameters go in a body: they may be identity numbers. */
  async search(type: string, form: Pairs): Promise<Page> {
    const bundle = parseJson(await this.searched(type, form)) as {
      readonly entry?: readonly { readonly resource: Resource; readonly search?: { readonly mode?: string } }[];
      readonly link?: readonly { readonly relation: string; readonly url: string }[];
    };
    const entries = (bundle.entry ?? []).filter(({ search }) => search?.mode !== 'outcome');
    const url = bundle.link?.find(({ relation }) => relation === 'next')?.url;
    const next = url === undefined ? null : new URL(url).searchParams.get('_page');
    return {
      resources: entries.map(({ resource }) => this.noted(resource)),
      modes: entries.map(({ search }) => search?.mode ?? 'match'),
      ...(next === null ? {} : { next }),
    };
  }

  async count(type: string, form: Pairs): Promise<number> {
    const text = await this.searched(type, [...form.filter(([name]) => name !== '_count'), ['_summary', 'count']]);
    return (parseJson(text) as { readonly total: number }).total;
  }

  /** The contained resource that a Reference such as `#a` in it means. */
  inside(reference: object): Resource | undefined {
    return this.contained.get(reference);
  }

  /** Remembers what is meant by references to contained resources: a resolver sees the Reference alone. */
  noted(resource: Resource): Resource {
    const inner = resource['contained'];
    if (Array.isArray(inner))
      visitReferences(resource, (reference) => {
        const found = (inner as Resource[]).find(({ id }) => reference.reference === `#${id}`);
        if (found !== undefined) this.contained.set(reference, found);
      });
    return resource;
  }

  private searched(type: string, form: Pairs): Promise<string> {
    return this.ask({ method: 'POST', segments: [type, '_search'], query: [], form, headers: {} });
  }

  private async ask(request: FhirRequest): Promise<string> {
    if (this.stopped !== undefined) throw this.stopped;
    this.requests += 1;
    if (this.requests > mostRequests)
      throw (this.stopped = new Failure('too-costly', `A query may read and search at most ${mostRequests} times.`));
    if (this.running >= together) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.running += 1;
    try {
      if (this.stopped !== undefined) throw this.stopped;
      if (performance.now() - this.begun > longest)
        throw (this.stopped = new Failure('too-costly', 'The query takes too long; ask for less at once.'));
      const { body = '' } = await this.context.dispatch(request, this.context);
      const text = bodyText(body);
      this.characters += text.length;
      if (this.characters > mostCharacters)
        throw (this.stopped = new Failure('too-costly', 'The query brings too much together; ask for less at once.'));
      return text;
    } catch (error) {
      if (!(error instanceof Failure) || error.category === 'busy' || error.category === 'fault')
        this.stopped ??=
          error instanceof Failure ? error : new Failure('fault', 'The query could not be answered.', { cause: error });
      throw error;
    } finally {
      this.running -= 1;
      this.waiting.shift()?.();
    }
  }
}
