import { JsonReader } from '../../../fhir/json-reader.js';
import type { Resource as LosslessResource } from '../../../fhir/resource.js';
import { attemptSystem } from './attempt.js';
import type { Bundle, OperationOutcome, Resource } from './types.js';

/** What the server said no to. `status` 0: it could not be reached. */
export class FhirError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export interface FhirClientSettings {
  /** `/fhir` */
  readonly base: string;
  /** The header that shows who calls; a fresh one each time, as tokens are renewed. */
  readonly authorization: () => Promise<string>;
  /** The token is no longer accepted. */
  readonly onRefused: () => void;
}

/** Searches take their values in the body, so that no address ever holds what was asked for. */
export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** The pages' way to the server: FHIR R4 over HTTP, as any client. https://hl7.org/fhir/R4/http.html */
export class FhirClient {
  constructor(private readonly settings: FhirClientSettings) {}

  async read<T extends Resource>(reference: string): Promise<T> {
    return (await (await this.send('GET', reference)).json()) as T;
  }

  /** With its decimals as they were written, for what is hashed. */
  async readExactly(reference: string): Promise<LosslessResource> {
    return new JsonReader(await (await this.send('GET', reference)).text()).read() as LosslessResource;
  }

  /** All pages of a search, at most `limit` resources. */
  async search<T extends Resource>(type: string, query: Query, limit = 20_000): Promise<readonly T[]> {
    const form = new URLSearchParams();
    for (const [name, values] of Object.entries(query))
      for (const value of [values ?? []].flat()) form.append(name, String(value));
    let answer = await this.send('POST', `${type}/_search`, { body: form });
    const found: T[] = [];
    for (;;) {
      const bundle = (await answer.json()) as Bundle<T>;
      for (const { resource } of bundle.entry ?? []) if (resource !== undefined) found.push(resource);
      const next = bundle.link?.find(({ relation }) => relation === 'next')?.url;
      if (next === undefined || found.length >= limit) return found;
      answer = await this.send('GET', this.own(next));
    }
  }

  /** @param version the version seen (`meta.versionId`): another one is refused with 412 */
  async operation<T extends Resource>(place: string, parameters: readonly object[] = [], version?: string): Promise<T> {
    const answer = await this.send('POST', place, {
      body: JSON.stringify({ resourceType: 'Parameters', ...(parameters.length > 0 && { parameter: parameters }) }),
      type: 'application/fhir+json',
      ...(version !== undefined && { version }),
    });
    return (answer.status === 204 ? undefined : await answer.json()) as T;
  }

  /** What an operation answers as a file of that media type. */
  async file(place: string, type: string): Promise<Blob> {
    return (await this.send('GET', place, { accept: type })).blob();
  }

  async create<T extends Resource>(
    resource: { readonly resourceType: string } & Readonly<Record<string, unknown>>,
  ): Promise<T> {
    const answer = await this.send('POST', resource.resourceType, {
      body: JSON.stringify(resource),
      type: 'application/fhir+json',
    });
    return (await answer.json()) as T;
  }

  /**
   * Once, however often it is sent: what has this name already is left as it is.
   * https://hl7.org/fhir/R4/http.html#ccreate
   */
  async createOnce(
    resource: { readonly resourceType: string } & Readonly<Record<string, unknown>>,
    name: string,
  ): Promise<void> {
    await this.send('POST', resource.resourceType, {
      body: JSON.stringify(resource),
      type: 'application/fhir+json',
      unless: new URLSearchParams({ identifier: `${attemptSystem}|${name}` }).toString(),
    });
  }

  /** Also while the window is being closed. */
  async remove(reference: string): Promise<void> {
    await this.send('DELETE', reference, { keepalive: true });
  }

  /** JSON Patch of exactly the version seen. https://hl7.org/fhir/R4/http.html#patch */
  async patch<T extends Resource>(resource: Resource, steps: readonly object[]): Promise<T> {
    const answer = await this.send('PATCH', `${resource.resourceType}/${resource.id}`, {
      body: JSON.stringify(steps),
      type: 'application/json-patch+json',
      ...(resource.meta?.versionId !== undefined && { version: resource.meta.versionId }),
    });
    return (await answer.json()) as T;
  }

  /** The path below the base of an absolute link of this server. */
  private own(url: string): string {
    return url.slice(url.indexOf('/fhir') + '/fhir/'.length);
  }

  private async send(
    method: string,
    place: string,
    what: {
      body?: string | URLSearchParams;
      type?: string;
      accept?: string;
      version?: string;
      /** Nothing is made where this search finds something. */
      unless?: string;
      keepalive?: boolean;
    } = {},
  ): Promise<Response> {
    const headers = new Headers({
      Accept: what.accept ?? 'application/fhir+json',
      Authorization: await this.settings.authorization(),
    });
    if (what.type !== undefined) headers.set('Content-Type', what.type);
    if (what.unless !== undefined) headers.set('If-None-Exist', what.unless);
    if (what.version !== undefined) headers.set('If-Match', `W/"${what.version}"`);
    let answer: Response;
    try {
      answer = await fetch(`${this.settings.base}/${place}`, {
        method,
        headers,
        ...(what.body !== undefined && { body: what.body }),
        ...(what.keepalive !== undefined && { keepalive: what.keepalive }),
      });
    } catch {
      throw new FhirError(0, '');
    }
    if (answer.ok) return answer;
    if (answer.status === 401) this.settings.onRefused();
    throw new FhirError(answer.status, await reasonOf(answer));
  }
}

/** What the OperationOutcome says. https://hl7.org/fhir/R4/operationoutcome.html */
async function reasonOf(answer: Response): Promise<string> {
  try {
    const { issue } = (await answer.json()) as OperationOutcome;
    return (issue ?? []).map(({ diagnostics, details }) => diagnostics ?? details?.text ?? '').join(' ');
  } catch {
    return `HTTP ${answer.status}`;
  }
}

/** `text` and `object` as parameters of an operation; what is undefined or empty is left out. */
export const parameter = (name: string, value: string | object | boolean | undefined): readonly object[] => {
  if (value === undefined || value === '') return [];
  if (typeof value === 'string') return [{ name, valueString: value }];
  return typeof value === 'boolean' ? [{ name, valueBoolean: value }] : [{ name, valueReference: value }];
};
