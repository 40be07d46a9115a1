import { DateTime, type DurationLikeObject } from 'luxon';
import { parseJson } from '../../fhir/json.js';
import { isNumber, numberOf } from '../../fhir/json-number.js';
import type { Coding, Resource, ResourceKey } from '../../fhir/resource.js';
import { keyOf } from '../../fhir/resource.js';
import { Failure } from '../../kernel/failure.js';
import { parseQuery } from '../../search/parse/query-pairs.js';
import { bodyText, type Context, type FhirResponse } from '../request.js';

/** Reads and searches for one form. */
const mostRequests = 200;
/** Milliseconds after which nothing more is looked up. */
const longest = 30_000;

const units: Readonly<Record<string, keyof DurationLikeObject>> = {
  a: 'years',
  mo: 'months',
  wk: 'weeks',
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
};

/** Where answers come from: what the caller itself could read and search. */
export class Sources {
  private requests = 0;
  private readonly begun = performance.now();

  constructor(
    private readonly context: Context,
    readonly subject: ResourceKey,
  ) {}

  /** @throws Failure not-found, forbidden */
  async read(key: ResourceKey): Promise<Resource> {
    this.count();
    const request = { method: 'GET', segments: [key.type, key.id], query: [], headers: {} } as const;
    return bodyOf(await this.context.dispatch(request, this.context));
  }

  /** The Bundle that `Observation?code=…` finds. */
  async search(query: string): Promise<Resource> {
    this.count();
    const [type = '', text = ''] = query.split(/\?(.*)/s);
    const form = parseQuery(text);
    const request = { method: 'POST', segments: [type, '_search'], query: [], form, headers: {} } as const;
    return bodyOf(await this.context.dispatch(request, this.context));
  }

  /** The latest valid Observation of the subject with one of the codes, not older than the period. */
  async latest(
    codes: readonly Coding[],
    period: { readonly value?: unknown; readonly code?: string },
  ): Promise<Resource | undefined> {
    const unit = units[period.code ?? 'd'];
    if (unit === undefined || !isNumber(period.value)) return undefined;
    const since = DateTime.fromMillis(this.context.services.clock.now(), { zone: 'UTC' }).minus({
      [unit]: numberOf(period.value),
    });
    const tokens = codes.map(
      ({ system, code = '' }) => `${system === undefined ? '' : `${escaped(system)}|`}${escaped(code)}`,
    );
    const pairs = [
      [this.subject.type === 'Patient' ? 'patient' : 'subject', keyOf(this.subject)],
      ['code', tokens.join(',')],
      ['date', `ge${since.toISO()}`],
      ['status', 'final,amended,corrected'],
      ['_sort', '-date'],
      ['_count', '1'],
    ].map(([name, value]) => `${name}=${encodeURIComponent(value!)}`);
    return resourcesIn(await this.search(`Observation?${pairs.join('&')}`))[0];
  }

  private count(): void {
    this.requests += 1;
    if (this.requests > mostRequests)
      throw new Failure('too-costly', `A form is filled by at most ${mostRequests} reads and searches.`);
    if (performance.now() - this.begun > longest)
      throw new Failure('too-costly', 'It takes too long to fill in this form.');
  }
}

const bodyOf = ({ body = '' }: FhirResponse): Resource => parseJson(bodyText(body)) as Resource;

const escaped = (text: string): string => text.replace(/[\\,|$]/g, '\\$&');

/** The resources of a Bundle's entries. */
export const resourcesIn = (bundle: Resource): readonly Resource[] =>
  ((bundle['entry'] ?? []) as readonly { readonly resource: Resource; readonly search?: { readonly mode?: string } }[])
    .filter(({ search }) => search?.mode !== 'outcome')
    .map(({ resource }) => resource);
