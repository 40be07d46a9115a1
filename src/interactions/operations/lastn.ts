// https://hl7.org/fhir/R4/observation-operation-lastn.html
import { rowScope } from '../../access/decide.js';
import { Failure } from '../../kernel/failure.js';
import { parseSearch } from '../../search/parse/parse-search.js';
import { lastObservations } from '../../storage/search/last-observations.js';
import { accessEntry } from '../audit-access.js';
import { bundleText } from '../bundle-text.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { FhirRequest } from '../request.js';

const largest = 100;

/** The newest Observations of a patient for each code; codings of one measurement count as one code. */
export const lastn: Operation = {
  name: 'lastn',
  definition: 'http://hl7.org/fhir/OperationDefinition/Observation-lastn',
  type: 'Observation',
  level: 'type',
  affectsState: false,
  amountsTo: 'search',
  async handle(request, context) {
    const { services, principal } = context;
    const pairs = searchPairs(request);
    const max = maximum(pairs);
    const conditions = pairs.filter(([name]) => name !== 'max');
    const names = new Set(conditions.map(([name]) => name.split(/[:.]/)[0]));
    if (!names.has('patient') && !names.has('subject'))
      throw new Failure('invalid', '$lastn needs patient or subject.', {
        expression: "Parameters.parameter.where(name='patient')",
        code: 'required',
      });
    if (!names.has('code') && !names.has('category') && !names.has('combo-code'))
      throw new Failure('invalid', '$lastn needs code or category.', {
        expression: "Parameters.parameter.where(name='code')",
        code: 'required',
      });
    // What was entered in error is not a last value, unless somebody asks for just that.
    const wanted = names.has('status') ? conditions : [...conditions, ['status:not', 'entered-in-error'] as const];
    const parsed = parseSearch('Observation', wanted, services.registry, {
      strict: true,
      base: services.base,
      now: services.clock.now(),
    });
    const rows = await lastObservations(
      services.pool,
      { request: parsed, max },
      rowScope(principal, services.clock.now()),
      services,
    );
    await services.audit(
      accessEntry(context, { action: '$lastn', type: 'Observation', ids: rows.map((row) => `Observation/${row.id}`) }),
    );
    const entries = rows.map((row) => ({
      fullUrl: `${services.base}/Observation/${row.id}`,
      resourceText: row.text,
      rest: { search: { mode: 'match' } },
    }));
    return {
      status: 200,
      headers: {},
      body: bundleText({
        id: services.ids.next(),
        type: 'searchset',
        total: rows.length,
        at: services.clock.now(),
        entries,
      }),
    };
  },
};

/** From the query, a form, or a Parameters body. */
function searchPairs(request: FhirRequest): readonly (readonly [string, string])[] {
  if (request.form !== undefined || request.method === 'GET') return [...request.query, ...(request.form ?? [])];
  const parameters = new OperationParameters(request);
  return [...parameters.entries()].map(([name, value]) => {
    if (typeof value === 'string' || typeof value === 'number') return [name, String(value)] as const;
    const reference = (value as { reference?: unknown } | null)?.reference;
    if (typeof reference === 'string') return [name, reference] as const;
    throw new Failure('invalid', `The parameter ${name} must be a text.`, {
      expression: `Parameters.parameter.where(name='${name}')`,
    });
  });
}

function maximum(pairs: readonly (readonly [string, string])[]): number {
  const text = pairs.find(([name]) => name === 'max')?.[1] ?? '1';
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new Failure('invalid', 'max must be a whole number of at least 1.', {
      expression: "Parameters.parameter.where(name='max')",
    });
  return Math.min(Number(text), largest);
}
