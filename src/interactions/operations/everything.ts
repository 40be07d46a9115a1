// https://hl7.org/fhir/R4/patient-operation-everything.html
import { absent, rowScope } from '../../access/decide.js';
import { tryDateRange } from '../../fhir/dates.js';
import { Failure } from '../../kernel/failure.js';
import { withQuery } from '../../search/parse/query-pairs.js';
import { type EverythingQuery, everythingPage } from '../../storage/search/everything-page.js';
import { accessEntry } from '../audit-access.js';
import { type BundleEntryText, bundleText } from '../bundle-text.js';
import { type Operation, OperationParameters } from '../operation.js';
import { type Context, type FhirRequest, type FhirResponse, isLenient } from '../request.js';
import { shown } from '../shown.js';

const known = new Set(['start', 'end', '_since', '_type', '_count', '_after']);
const defaultCount = 500;
const largestCount = 1000;

/** The Patient and what concerns it, as far as the caller may see it, page by page. */
export const everything: Operation = {
  name: 'everything',
  definition: 'http://hl7.org/fhir/OperationDefinition/Patient-everything',
  type: 'Patient',
  level: 'instance',
  affectsState: false,
  amountsTo: 'read',
  handle,
};

async function handle(request: FhirRequest, context: Context): Promise<FhirResponse> {
  const { services, principal } = context;
  const id = request.segments[1]!;
  const asked = pairsOf(request);
  const key = { type: 'Patient', id };
  const patient = await services.read(
    key,
    principal,
    accessEntry(context, { action: '$everything', type: 'Patient', ids: [`Patient/${id}`] }),
  );
  if (patient === undefined || patient.text === null) throw absent('Patient');
  const query = queryOf(asked, patient.rid, context);
  const page = await everythingPage(services.pool, query, rowScope(principal, services.clock.now()), services);
  await services.audit(
    accessEntry(context, { action: '$everything', ids: page.matches.map((row) => `${row.type}/${row.id}`) }),
  );
  const self = `${services.base}/Patient/${id}/$everything`;
  const url = (pairs: typeof asked): string => withQuery(self, pairs);
  const next =
    page.next === undefined
      ? []
      : [
          {
            relation: 'next',
            url: url([...asked.filter(([name]) => name !== '_after'), ['_after', String(page.next)]]),
          },
        ];
  const entry =
    (mode: 'match' | 'include') =>
    (row: (typeof page.matches)[number]): BundleEntryText => ({
      fullUrl: `${services.base}/${row.type}/${row.id}`,
      resourceText: shown(row.type, row.text),
      rest: { search: { mode } },
    });
  return {
    status: 200,
    headers: {},
    body: bundleText({
      id: services.ids.next(),
      type: 'searchset',
      at: services.clock.now(),
      links: [{ relation: 'self', url: url(asked) }, ...next],
      entries: [...page.matches.map(entry('match')), ...page.included.map(entry('include'))],
    }),
  };
}

/** @throws Failure invalid for a parameter that the operation does not take */
function pairsOf(request: FhirRequest): readonly (readonly [string, string])[] {
  const pairs = [...new OperationParameters(request).entries()].map(
    ([name, value]) => [name, typeof value === 'number' ? String(value) : value] as const,
  );
  const refused = isLenient(request)
    ? undefined
    : pairs.find(([name, value]) => !known.has(name) || typeof value !== 'string')?.[0];
  if (refused !== undefined) {
    const name = /^[\w:.-]{1,60}$/.test(refused) ? refused : 'in the query';
    throw new Failure(
      'invalid',
      `$everything does not take the parameter ${name} so; it takes start, end, _since, _type and _count.`,
      { code: 'not-supported' },
    );
  }
  return pairs.filter(
    (pair): pair is readonly [string, string] => known.has(pair[0]) && typeof pair[1] === 'string' && pair[1] !== '',
  );
}

function queryOf(
  asked: readonly (readonly [string, string])[],
  patient: number,
  { services }: Context,
): EverythingQuery {
  const wrong = (name: string, what: string): Failure =>
    new Failure('invalid', `${name} must be ${what}.`, {
      expression: `Parameters.parameter.where(name='${name}')`,
      code: 'value',
    });
  const values = (name: string): readonly string[] => asked.flatMap(([key, value]) => (key === name ? [value] : []));
  const time = (name: string, bound: 'low' | 'high'): number | undefined => {
    const [text] = values(name);
    if (text === undefined) return undefined;
    const range = tryDateRange(text);
    if (range === undefined) throw wrong(name, 'a date, such as 2026-03-01');
    return range[bound];
  };
  const whole = (name: string): number | undefined => {
    const [text] = values(name);
    if (text === undefined) return undefined;
    if (!/^\d{1,15}$/.test(text)) throw wrong(name, 'a whole number');
    return Number(text);
  };
  const types = values('_type').flatMap((text) =>
    text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  );
  if (types.some((name) => !services.registry.types.has(name))) throw wrong('_type', 'a list of resource types');
  const optional = {
    start: time('start', 'low'),
    end: time('end', 'high'),
    since: time('_since', 'low'),
    after: whole('_after'),
  };
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return {
    patient,
    types: types.length === 0 ? [...services.registry.types] : types,
    count: Math.min(Math.max(whole('_count') ?? defaultCount, 1), largestCount),
    ...given,
  };
}
