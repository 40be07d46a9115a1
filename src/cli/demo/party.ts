import { Client } from 'fhir-kit-client';
import type { Resource } from '../../fhir/resource.js';
import { present } from './expected.js';

/** What a search asks, by parameter. */
type Query = Readonly<Record<string, string>>;
type Body = Parameters<Client['create']>[0]['body'];

export interface MessageAnswer {
  readonly status: number;
  readonly text: string;
  readonly milliseconds: number;
}

/** One of those who take part, with the FHIR client of its own system. */
export class Party {
  private readonly client: Client;

  /** @param base `http://localhost:8080/fhir` */
  constructor(
    readonly name: string,
    private readonly base: string,
    private readonly token: string,
  ) {
    this.client = new Client({ baseUrl: base, bearerToken: token });
  }

  async read(type: string, id: string): Promise<Resource> {
    return (await this.client.read({ resourceType: type, id })) as unknown as Resource;
  }

  async create(resource: Resource): Promise<Resource> {
    return (await this.client.create({
      resourceType: resource.resourceType,
      body: resource as unknown as Body,
    })) as unknown as Resource;
  }

  async update(resource: Resource): Promise<Resource> {
    return (await this.client.update({
      resourceType: resource.resourceType,
      id: resource.id!,
      body: resource as unknown as Body,
    })) as unknown as Resource;
  }

  /** Search by POST: what identifies a person stands in the body. */
  async search(type: string, query: Query): Promise<readonly Resource[]> {
    const bundle = await this.client.search({
      resourceType: type,
      searchParams: { ...query },
      options: { postSearch: true },
    });
    return resourcesOf(bundle);
  }

  /** The one that is found first. @throws StoryBroken when there is none */
  async find(type: string, query: Query): Promise<Resource> {
    return present((await this.search(type, query))[0], `${type} som ${this.name} søker etter,`);
  }

  /** An operation with parameters: a text as valueString, an object as valueReference. */
  async call(
    place: { readonly type: string; readonly id?: string; readonly name: string },
    parameters: Readonly<Record<string, string | object>> = {},
    version?: string,
  ): Promise<Resource> {
    const parameter = Object.entries(parameters).map(([name, value]) =>
      typeof value === 'string' ? { name, valueString: value } : { name, valueReference: value },
    );
    const answer = await this.client.operation({
      name: place.name,
      resourceType: place.type,
      ...(place.id === undefined ? {} : { id: place.id }),
      input: { resourceType: 'Parameters', parameter },
      ...(version === undefined ? {} : { options: { headers: { 'if-match': `W/"${version}"` } } }),
    });
    return answer as unknown as Resource;
  }

  /** The newest values of each code: `Observation/$lastn`. */
  async lastValues(query: Query): Promise<readonly Resource[]> {
    return resourcesOf(
      await this.client.operation({ name: 'lastn', resourceType: 'Observation', method: 'GET', input: { ...query } }),
    );
  }

  /** The status that an attempt is refused with; undefined when it succeeds. */
  async refusal(attempt: (party: this) => Promise<unknown>): Promise<number | undefined> {
    try {
      await attempt(this);
      return undefined;
    } catch (error) {
      const status = (error as { response?: { status?: number } }).response?.status;
      if (status === undefined) throw error;
      return status;
    }
  }

  /** Sends a message the way carriers do. */
  async post(xml: Uint8Array): Promise<MessageAnswer> {
    const began = performance.now();
    const response = await fetch(new URL('/messages/plo', this.base), {
      method: 'POST',
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/xml' },
      body: Buffer.from(xml),
    });
    const text = await response.text();
    return { status: response.status, text, milliseconds: performance.now() - began };
  }
}

const resourcesOf = (bundle: object): readonly Resource[] =>
  ((bundle as { entry?: { resource: Resource }[] }).entry ?? []).map(({ resource }) => resource);
