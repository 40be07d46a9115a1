/** The derived Observation of NEWS2: total, component scores, and what it is derived from. */
import type { Resource } from '../../fhir/resource.js';
import type { Ids } from '../../kernel/ids.js';
import { instant } from '../../kernel/clock.js';
import type { Reference } from '../vocabulary/element.js';
import { engineDevice, system } from '../vocabulary/systems.js';
import type { ParameterReading, ParameterReadings } from './parameter-readings.js';
import { news2Parameters, type News2Parameter, type News2Scale, news2Score } from './score-table.js';

/**
 * The chart is a set of observations taken together. At home the seven are measured one after the other, so they count as
 * one set when the oldest is at most an hour older than the newest; no source gives a figure.
 */
export const news2Window = 3_600_000;
/** Not valid below this age (years), nor in pregnancy. */
export const news2LeastAge = 16;

/** SNOMED CT: total score, as VkpObservation has it. */
export const news2Code = '1104051000000101';

const partCodes: Readonly<Record<Exclude<News2Parameter, 'saturation'>, { code: string; display: string }>> = {
  respiration: { code: '1104301000000104', display: 'NEWS2 respirasjonsfrekvens, poeng' },
  oxygen: { code: '1104331000000105', display: 'NEWS2 luft eller oksygen, poeng' },
  systolic: { code: '1104341000000101', display: 'NEWS2 systolisk blodtrykk, poeng' },
  pulse: { code: '1104351000000103', display: 'NEWS2 puls, poeng' },
  consciousness: { code: '1104361000000100', display: 'NEWS2 bevissthet, poeng' },
  temperature: { code: '1104371000000107', display: 'NEWS2 temperatur, poeng' },
};
const saturationCodes: Readonly<Record<News2Scale, { code: string; display: string }>> = {
  'scale-1': { code: '1104311000000102', display: 'NEWS2 oksygenmetning skala 1, poeng' },
  'scale-2': { code: '1104321000000108', display: 'NEWS2 oksygenmetning skala 2, poeng' },
};

/** Newer readings of a parameter take the place of older ones. */
export function withReadings(known: ParameterReadings, found: ParameterReadings): ParameterReadings {
  const newer = Object.entries(found).filter(([name, { t }]) => isNewer(t, known[name as News2Parameter]));
  return { ...known, ...Object.fromEntries(newer) };
}

const isNewer = (t: number, known: ParameterReading | undefined): boolean => known === undefined || t >= known.t;

/** Without what came from that source. */
export const withoutSource = (known: ParameterReadings, source: string): ParameterReadings =>
  Object.fromEntries(Object.entries(known).filter(([, reading]) => reading.source !== source));

/**
 * The score as an Observation, or nothing where the set is not complete: a partial score is never given.
 *
 * @param facts.readings the latest of each parameter
 */
export function deriveNews2(facts: {
  readonly readings: ParameterReadings;
  readonly scale: News2Scale;
  readonly patient: Reference;
  readonly ids: Ids;
}): Resource | undefined {
  const { readings, scale } = facts;
  const all = news2Parameters.flatMap((name) => readings[name] ?? []);
  if (all.length < news2Parameters.length) return undefined;
  const newest = Math.max(...all.map(({ t }) => t));
  if (newest - Math.min(...all.map(({ t }) => t)) > news2Window) return undefined;
  const value = (name: News2Parameter): string => readings[name]!.value;
  const { total, points } = news2Score(
    {
      respiration: value('respiration'),
      saturation: value('saturation'),
      oxygen: value('oxygen') === 'oxygen' ? 'oxygen' : 'air',
      systolic: value('systolic'),
      pulse: value('pulse'),
      consciousness: value('consciousness') === 'alert' ? 'alert' : 'altered',
      temperature: value('temperature'),
    },
    scale,
  );
  return {
    resourceType: 'Observation',
    id: facts.ids.next(),
    status: 'final',
    category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'survey' }] }],
    code: { coding: [{ system: system.snomed, code: news2Code, display: 'NEWS2' }], text: 'NEWS2' },
    subject: facts.patient,
    effectiveDateTime: instant(newest),
    device: engineDevice,
    valueQuantity: scoreOf(total),
    derivedFrom: [...new Set(all.map(({ source }) => source))].map((reference) => ({ reference })),
    component: news2Parameters.map((name) => ({
      code: { coding: [{ system: system.snomed, ...codeOf(name, scale) }] },
      valueQuantity: scoreOf(points[name]),
    })),
  };
}

const codeOf = (name: News2Parameter, scale: News2Scale): { code: string; display: string } =>
  name === 'saturation' ? saturationCodes[scale] : partCodes[name];

const scoreOf = (value: number): object => ({ value, unit: 'poeng', system: system.ucum, code: '{score}' });
