// https://hl7.org/fhir/R4/observation-operation-stats.html
import { rowScope } from '../../access/decide.js';
import { parseJson } from '../../fhir/json.js';
import { isNumber, numberOf } from '../../fhir/json-number.js';
import type { Resource } from '../../fhir/resource.js';
import { type Point, type Statistic, statistic, statisticCodes } from '../../followup/trend/statistics.js';
import { type Coding, many } from '../../followup/vocabulary/element.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import { canonicalUnit } from '../../search/canonical-unit.js';
import { spellingsOf } from '../../search/measurement-series.js';
import { parseSearch } from '../../search/parse/parse-search.js';
import { type SeriesValue, seriesValues } from '../../storage/search/series-values.js';
import { resourceTexts } from '../../storage/resources.js';
import { accessEntry } from '../audit-access.js';
import { type Operation, OperationParameters } from '../operation.js';
import type { Context } from '../request.js';
import { parametersResponse } from '../respond.js';
import { keyIn } from './run-operation.js';

const statisticSystem = 'http://terminology.hl7.org/CodeSystem/observation-statistics';
/** More values than a person makes in a lifetime; beyond it the newest count. */
const most = 100_000;
const offered = new Set<string>([...statisticCodes, 'total-count']);

/** Statistics of a patient's values of each code, as one Observation a code. */
export const stats: Operation = {
  name: 'stats',
  definition: 'http://hl7.org/fhir/OperationDefinition/Observation-stats',
  type: 'Observation',
  level: 'type',
  affectsState: false,
  amountsTo: 'search',
  async handle(request, context) {
    const { services } = context;
    const parameters = new OperationParameters(request);
    const patient = subjectOf(parameters);
    const codings = codingsOf(parameters);
    const wanted = statisticsOf(parameters);
    const period = periodOf(parameters, services.clock.now());
    const include = parameters.flag('include') ?? false;
    const limit = limitOf(parameters);
    const output: { name: string; resource: Resource }[] = [];
    const sources = new Map<string, Resource>();
    for (const coding of codings) {
      const values = await valuesOf({ patient, coding, period }, context);
      const newest = await sourcesOf(values, include ? limit : 1, context);
      if (include) for (const one of newest) sources.set(one.id!, one);
      output.push({
        name: 'statistics',
        resource: statisticsObservation(
          { patient, coding, period, wanted, values, newest: newest[0] },
          services.ids.next(),
        ),
      });
    }
    await services.audit(accessEntry(context, { action: '$stats', type: 'Observation', ids: [`Patient/${patient}`] }));
    return parametersResponse([...output, ...[...sources.values()].map((resource) => ({ name: 'source', resource }))]);
  },
};

interface Range {
  readonly start?: string;
  readonly end?: string;
}

const refused = (name: string, what: string): Failure =>
  new Failure('invalid', what, { expression: `Parameters.parameter.where(name='${name}')` });

function subjectOf(parameters: OperationParameters): string {
  const key = keyIn(parameters.reference('subject') ?? parameters.reference('patient'));
  if (key?.type !== 'Patient') throw refused('subject', '$stats needs subject: Patient/[id].');
  return key.id;
}

function codingsOf(parameters: OperationParameters): readonly Coding[] {
  const system = parameters.text('system') ?? 'http://loinc.org';
  const codes = parameters.all('code').flatMap((one) => String(one).split(','));
  const codings = [
    ...codes.map((code) => (code.includes('|') ? codingFrom(code) : { system, code })),
    ...parameters.all('coding').map((one) => (typeof one === 'string' ? codingFrom(one) : (one as Coding))),
  ];
  if (codings.length === 0) throw refused('code', '$stats needs code or coding.');
  if (codings.some(({ system: from, code }) => typeof from !== 'string' || typeof code !== 'string' || code === ''))
    throw refused('coding', 'A coding has system and code.');
  return codings;
}

function codingFrom(token: string): Coding {
  const at = token.indexOf('|');
  return { system: token.slice(0, at), code: token.slice(at + 1) };
}

function statisticsOf(parameters: OperationParameters): readonly (Statistic | 'total-count')[] {
  const wanted = parameters.all('statistic').flatMap((one) => String(one).split(','));
  if (wanted.length === 0) throw refused('statistic', '$stats needs statistic: which?');
  const unknown = wanted.find((code) => !offered.has(code));
  if (unknown !== undefined) throw refused('statistic', `A statistic is one of ${[...offered].join(', ')}.`);
  return [...new Set(wanted)] as (Statistic | 'total-count')[];
}

function periodOf(parameters: OperationParameters, now: number): Range {
  const duration = parameters.one('duration');
  const period = parameters.one('period');
  if (duration !== undefined && period !== undefined) throw refused('period', 'Give duration or period, not both.');
  if (duration !== undefined) {
    const hours = isNumber(duration) ? numberOf(duration) : Number(duration);
    if (!(hours > 0) || hours > 24 * 366 * 100) throw refused('duration', 'duration is a number of hours above 0.');
    return { start: instant(now - hours * 3_600_000), end: instant(now) };
  }
  if (period === undefined) return {};
  const { start, end } = (typeof period === 'string' ? rangeIn(period) : period) as Range;
  return { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
}

/** `2026-03-01/2026-03-15` in a query, where a Period cannot stand. */
function rangeIn(text: string): Range {
  const [start, end] = text.split('/');
  return { ...(start ? { start } : {}), ...(end ? { end } : {}) };
}

function limitOf(parameters: OperationParameters): number {
  const limit = Number(parameters.one('limit') ?? 100);
  if (!Number.isSafeInteger(limit) || limit < 1) throw refused('limit', 'limit is a whole number of at least 1.');
  return Math.min(limit, 1000);
}

async function valuesOf(
  { patient, coding, period }: { patient: string; coding: Coding; period: Range },
  { services, principal }: Context,
): Promise<readonly SeriesValue[]> {
  const codes = spellingsOf(`${coding.system}|${coding.code}`);
  const pairs: [string, string][] = [
    ['patient', `Patient/${patient}`],
    ['combo-code', codes.map(escaped).join(',')],
    ['status:not', 'entered-in-error'],
    ...(period.start === undefined ? [] : ([['date', `ge${period.start}`]] as [string, string][])),
    ...(period.end === undefined ? [] : ([['date', `le${period.end}`]] as [string, string][])),
  ];
  const now = services.clock.now();
  const request = parseSearch('Observation', pairs, services.registry, { strict: true, base: services.base, now });
  return seriesValues(services.pool, { request, patient, codes, limit: most }, rowScope(principal, now), services);
}

const escaped = (token: string): string => {
  const at = token.lastIndexOf('|');
  return `${token.slice(0, at)}|${token.slice(at + 1).replace(/[\\,$]/g, '\\$&')}`;
};

async function sourcesOf(values: readonly SeriesValue[], limit: number, { services }: Context): Promise<Resource[]> {
  const rids = [...new Set(values.map(({ rid }) => rid))].slice(0, limit);
  const texts = await resourceTexts(services.pool, rids);
  return rids.flatMap((rid) => (texts.has(rid) ? [parseJson(texts.get(rid)!) as Resource] : []));
}

function statisticsObservation(
  facts: {
    readonly patient: string;
    readonly coding: Coding;
    readonly period: Range;
    readonly wanted: readonly (Statistic | 'total-count')[];
    readonly values: readonly SeriesValue[];
    readonly newest: Resource | undefined;
  },
  id: string,
): Resource {
  const { patient, coding, period, wanted, values, newest } = facts;
  const unit = unitIn(newest, coding);
  const base = values.find((one) => one.value !== undefined)?.unit;
  const points = values.flatMap((one): Point[] =>
    one.value === undefined || one.unit !== base ? [] : [{ t: one.t, value: fromBase(one.value, unit?.code) }],
  );
  const { start, end } = period;
  return {
    resourceType: 'Observation',
    id,
    status: 'final',
    code: { coding: [coding] },
    subject: { reference: `Patient/${patient}` },
    ...(start === undefined && end === undefined ? {} : { effectivePeriod: period }),
    component: wanted.map((code) => {
      const value = code === 'total-count' ? new Set(values.map(({ rid }) => rid)).size : statistic(code, points);
      return {
        code: {
          coding: [{ system: statisticSystem, code }],
          text: code === 'regression' ? 'regression (slope per hour)' : code,
        },
        ...(value === undefined ? { dataAbsentReason } : { valueQuantity: quantity(code, value, unit) }),
      };
    }),
  };
}

const dataAbsentReason = {
  coding: [{ system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason', code: 'not-applicable' }],
};

interface Unit {
  readonly code: string;
  readonly unit?: string;
}
const plainUnit: Unit = { code: '1' };
const withoutUnit = new Set<string>(['count', 'total-count', 'skew', 'kurtosis']);

function quantity(code: string, value: number, unit: Unit | undefined): object {
  const own = withoutUnit.has(code) ? plainUnit : (unit ?? plainUnit);
  // The square of a unit, and a change per hour, are units of their own.
  const ucum =
    own.code === '1'
      ? '1'
      : code === 'variance'
        ? `(${own.code})2`
        : code === 'regression'
          ? `(${own.code})/h`
          : own.code;
  return {
    value,
    unit: ucum === own.code ? (own.unit ?? own.code) : ucum,
    system: 'http://unitsofmeasure.org',
    code: ucum,
  };
}

/** The unit in which the newest value of the code was given. */
function unitIn(observation: Resource | undefined, coding: Coding): Unit | undefined {
  const codes = new Set(spellingsOf(`${coding.system}|${coding.code}`));
  const holders = observation === undefined ? [] : [observation, ...many<Resource>(observation['component'])];
  for (const holder of holders) {
    const own = many<Coding>((holder['code'] as { coding?: Coding[] } | undefined)?.coding);
    const given = holder['valueQuantity'] as Partial<Unit> | undefined;
    if (given?.code !== undefined && own.some(({ system, code }) => codes.has(`${system}|${code}`)))
      return { code: given.code, ...(given.unit === undefined ? {} : { unit: given.unit }) };
  }
  return undefined;
}

function fromBase(value: number, code: string | undefined): number {
  const unit = code === undefined ? undefined : canonicalUnit(code);
  return unit === undefined ? value : Number((value / unit.factor.toNumber() - unit.offset.toNumber()).toPrecision(12));
}
