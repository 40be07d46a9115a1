/** Which criteria of inclusion a patient meets (`dho-inclusion`), and the way from assessment (100) to the service (103). */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import type { Ids } from '../../kernel/ids.js';
import { codeIn, type Extension, many, type Period, type Reference, withExtension } from '../vocabulary/element.js';
import { created, updated } from '../vocabulary/module-change.js';
import { structure, system } from '../vocabulary/systems.js';
import { serviceConcept } from './receive-referral.js';

export const inclusionCriteria = {
  copd: 'KOLS',
  'heart-failure': 'Hjertesvikt',
  diabetes: 'Diabetes',
  cancer: 'Kreft',
  nutrition: 'Ernæring',
  'mental-health': 'Psykiske utfordringer',
  'after-hospital': 'Oppfølging etter sykehusopphold',
  'medium-high-risk': 'Middels til høy risiko for forverring',
  'increased-need': 'Økt behov for oppfølging',
  'medication-change': 'Endring i legemidler',
  infection: 'Infeksjon',
  rehabilitation: 'Rehabilitering',
  lifestyle: 'Endring av levevaner',
  palliative: 'Palliasjon',
  other: 'Annet',
} as const;
export type InclusionCriterion = keyof typeof inclusionCriteria;

export const inclusionUrl = structure('dho-inclusion');

export interface Inclusion {
  readonly criteria: readonly string[];
  readonly note?: string | undefined;
  readonly by: Reference;
  readonly now: number;
}

/** Extension `dho-inclusion`; undefined where nothing is said; a Failure names a code that is none. */
export function inclusionExtension({ criteria, note, by, now }: Inclusion): Extension | Failure | undefined {
  const unknown = criteria.find((code) => !Object.hasOwn(inclusionCriteria, code));
  if (unknown !== undefined)
    return new Failure('invalid', `criterion is one of ${Object.keys(inclusionCriteria).join(', ')}.`, {
      expression: "Parameters.parameter.where(name='criterion')",
      code: 'code-invalid',
    });
  if (criteria.length === 0 && note === undefined) return undefined;
  return {
    url: inclusionUrl,
    extension: [
      ...[...new Set(criteria)].map((code) => ({
        url: 'criterion',
        valueCoding: {
          system: system.inclusion,
          code,
          display: inclusionCriteria[code as InclusionCriterion],
        },
      })),
      ...(note === undefined ? [] : [{ url: 'note', valueString: note }]),
      { url: 'by', valueReference: by },
      { url: 'recorded', valueDateTime: instant(now) },
    ],
  };
}

/**
 * Service 100: → the assessment `finished`, and the episode of service 103 (first), planned or on the waiting list. Service
 * 103 that is not started: the criteria alone.
 */
export function includePatient(
  facts: Inclusion & { readonly episode: Resource; readonly waitlist?: boolean; readonly ids: Ids },
): Change[] | Failure {
  const { episode, now, ids, waitlist = false } = facts;
  if (episode.status !== 'planned' && episode.status !== 'waitlist')
    return new Failure('conflict', `The service is ${String(episode.status)}; inclusion is decided before it starts.`, {
      expression: 'EpisodeOfCare.status',
    });
  if (facts.criteria.length === 0)
    return new Failure('unprocessable', 'Say which criteria of inclusion the patient meets.', {
      expression: "Parameters.parameter.where(name='criterion')",
      code: 'required',
    });
  const inclusion = inclusionExtension(facts);
  if (inclusion instanceof Failure) return inclusion;
  const included = withExtension(episode, inclusionUrl, ...(inclusion === undefined ? [] : [inclusion]));
  const at = instant(now);
  const status = waitlist ? 'waitlist' : 'planned';
  if (codeIn(episode.type, system.service) !== '100')
    return [
      updated(included, {
        status,
        ...(status === episode.status ? {} : { statusHistory: stepped(episode, status, at) }),
      }),
    ];
  const { statusHistory: _history, ...shared } = included;
  return [
    created({
      ...shared,
      resourceType: 'EpisodeOfCare',
      id: ids.next(),
      meta: { profile: [structure('dho-episode')] },
      status,
      statusHistory: [{ status, period: { start: at } }],
      type: [serviceConcept('103')],
      period: { start: at },
    }),
    updated(episode, {
      status: 'finished',
      statusHistory: stepped(episode, 'finished', at),
      period: { ...(episode.period as Period), end: at },
    }),
  ];
}

function stepped(episode: Resource, status: string, at: string): unknown[] {
  const history = many<{ status: string; period: Period }>(episode.statusHistory);
  return [
    ...history.map((one, index) =>
      index === history.length - 1 && one.period.end === undefined
        ? { ...one, period: { ...one.period, end: at } }
        : one,
    ),
    { status, period: { start: at } },
  ];
}
