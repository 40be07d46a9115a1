import { instant } from '../../../kernel/clock.js';
import type { FhirClient } from '../fhir/client.js';
import type {
  DetectedIssue,
  Encounter,
  EpisodeOfCare,
  Flag,
  Observation,
  Patient,
  QuestionnaireResponse,
  Resource,
} from '../fhir/types.js';
import { formName } from '../form/questionnaire.js';
import { type Mark, marksOf, seriesOf } from './marks.js';
import { type CarePlan, type PlanVersion, planVersions } from './plan-versions.js';
import { answeredForms, isMeasured, measureSeries, scoreSeries, type Series } from './series.js';
import { admissionSpans, pauseSpans, type Span } from './spans.js';

/** Everything that the page shows of one patient. */
export interface Trend {
  /** Whether all measurements of the time are there. */
  readonly complete: boolean;
  readonly patient: Patient;
  readonly versions: readonly PlanVersion[];
  readonly flags: readonly Flag[];
  readonly episodes: readonly EpisodeOfCare[];
  readonly measures: readonly Series[];
  readonly scores: readonly Series[];
  /** When forms were answered. */
  readonly forms: readonly Series[];
  /** Titles of the forms that the server has, by the name that plans use. */
  readonly formTitles: ReadonlyMap<string, string>;
  readonly spans: readonly Span[];
  readonly marks: readonly (Mark & { readonly series: string | undefined })[];
}

/** Measures, then scores, of which there is something to show. */
export const measuredIn = ({ measures, scores }: Trend): readonly Series[] =>
  [...measures, ...scores].filter(isMeasured);

interface Questionnaire extends Resource {
  readonly url?: string;
  readonly title?: string;
}

const largestPage = 1000;

/**
 * @param since milliseconds since 1970: how far back readings are fetched; undefined = all there is
 * @param how `newest`: no more measurements than one page of a search has, so that there is something to see at once
 */
export async function loadTrend(
  fhir: FhirClient,
  id: string,
  since: number | undefined,
  how: 'whole' | 'newest' = 'whole',
): Promise<Trend> {
  const patient = `Patient/${id}`;
  const from = since === undefined ? undefined : `ge${instant(since)}`;
  const all = { patient, _count: largestPage };
  const [who, plans, flags, episodes, encounters, observations, issues, responses, forms] = await Promise.all([
    fhir.read<Patient>(patient),
    fhir.search<CarePlan>('CarePlan', { ...all, status: 'active,on-hold,completed,revoked' }),
    fhir.search<Flag>('Flag', all),
    fhir.search<EpisodeOfCare>('EpisodeOfCare', all),
    fhir.search<Encounter>('Encounter', all),
    fhir.search<Observation>(
      'Observation',
      { ...all, date: from, _sort: '-date' },
      how === 'newest' ? largestPage : undefined,
    ),
    fhir.search<DetectedIssue>('DetectedIssue', all),
    fhir.search<QuestionnaireResponse>('QuestionnaireResponse', { ...all, authored: from }),
    fhir.search<Questionnaire>('Questionnaire', { _elements: 'url,title', _count: largestPage }),
  ]);
  const versions = planVersions(plans);
  const formTitles = new Map(forms.map(({ url, title }) => [formName(url) ?? '', title ?? formName(url) ?? '']));
  const measures = measureSeries(observations, versions);
  const scores = scoreSeries(responses, versions, (name) => formTitles.get(name) ?? name);
  const marks = marksOf(issues.filter(({ status }) => status !== 'entered-in-error' && status !== 'cancelled'));
  return {
    complete: how === 'whole' || observations.length < largestPage,
    patient: who,
    versions,
    flags,
    episodes,
    measures,
    scores,
    forms: answeredForms(responses),
    formTitles,
    spans: [...pauseSpans(episodes), ...admissionSpans(encounters)],
    marks: marks.map((mark) => ({ ...mark, series: seriesOf(mark, [...measures, ...scores], versions) })),
  };
}
