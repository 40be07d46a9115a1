/** What GP, hospital and emergency ward need to know of a patient's follow-up, in Norwegian, in the order it is read. */
import type { Resource } from '../../fhir/resource.js';
import type { Drawing } from '../../kernel/drawing.js';
import { pauseOf, pauseReasons } from '../episode/pause-element.js';
import { isState } from '../episode/set-state.js';
import { planDeclined } from '../episode/decline-plan.js';
import { approvalOf } from '../plan/frame-codec.js';
import { unitWords } from '../vocabulary/value-words.js';
import { planSections } from '../plan/plan-text.js';
import { ruleSetFromCarePlan } from '../plan/rule-set-from-care-plan.js';
import { colourText } from '../vocabulary/codes.js';
import { asReference, codeIn, type Coding, extensionOf, many, type Period } from '../vocabulary/element.js';
import { structure, system } from '../vocabulary/systems.js';
import { type Series, seriesOf } from '../trend/series.js';
import { trendChart } from '../trend/trend-chart.js';
import { rangeOfTime, timeWords, trendWords, valueWords } from '../trend/trend-words.js';

export interface SummaryFacts {
  readonly patient: Resource;
  /** All episodes of the service that the caller may see. */
  readonly episodes: readonly Resource[];
  /** Plan in force. */
  readonly plan?: Resource | undefined;
  /** Active Flags. */
  readonly flags: readonly Resource[];
  /** Observations of the range. */
  readonly observations: readonly Resource[];
  /** DiagnosticReports of the range. */
  readonly reports: readonly Resource[];
  /** Open alerts. */
  readonly alerts: readonly Resource[];
  /** Milliseconds since 1970, `end` exclusive. */
  readonly range: { readonly start: number; readonly end: number };
  readonly now: number;
  /** The measurement that a coding spells (decision 4). */
  readonly spelling: (code: string) => string;
}

export interface SummarySection {
  readonly heading: string;
  readonly lines: readonly string[];
  readonly entries: readonly Resource[];
  /** Charts, each with what it shows in words. */
  readonly charts: readonly { readonly words: string; readonly drawing: Drawing }[];
}

export function summarySections(facts: SummaryFacts): readonly SummarySection[] {
  const series = seriesOf(facts.observations, {
    plan: facts.plan === undefined ? undefined : ruleSetFromCarePlan(facts.plan),
    spelling: facts.spelling,
  });
  return [
    service(facts),
    plan(facts),
    zone(facts),
    last(facts, series),
    trend(facts, series),
    ...reports(facts),
    alerts(facts),
  ];
}

const section = (
  heading: string,
  lines: readonly string[],
  entries: readonly Resource[] = [],
  charts: SummarySection['charts'] = [],
): SummarySection => ({ heading, lines, entries, charts });

const date = (text: unknown): string => String(text).slice(0, 10).split('-').toReversed().join('.');

const statusWords: Readonly<Record<string, string>> = {
  planned: 'planlagt',
  waitlist: 'på venteliste',
  active: 'aktiv',
  onhold: 'satt på pause',
  finished: 'avsluttet',
  cancelled: 'ikke aktuell',
};

/** The running episode, else the newest. */
const current = (episodes: readonly Resource[]): Resource | undefined =>
  episodes.find(({ status }) => status === 'active' || status === 'onhold') ?? episodes[0];

function service({ episodes }: SummaryFacts): SummarySection {
  const episode = current(episodes);
  if (episode === undefined) return section('Oppfølging', ['Pasienten har ikke digital hjemmeoppfølging.']);
  const { start, end } = (episode.period ?? {}) as Period;
  const centre = asReference(episode.managingOrganization);
  const phase = (extensionOf(episode, structure('dho-phase'))?.valueCoding as Coding | undefined)?.display;
  const pause = episode.status === 'onhold' ? pauseOf(episode) : undefined;
  return section(
    'Oppfølging',
    [
      `Digital hjemmeoppfølging: ${statusWords[String(episode.status)] ?? String(episode.status)}${phase === undefined ? '' : ` (${phase.toLowerCase()})`}`,
      ...(start === undefined ? [] : [`Fra ${date(start)}${end === undefined ? '' : ` til ${date(end)}`}`]),
      ...(pause === undefined
        ? []
        : [
            `Pause: ${pauseReasons[pause.reason]}${pause.plannedEnd === undefined ? '' : `, til ${date(pause.plannedEnd)}`}${pause.mode === 'all' ? '; ingen varsler' : '; ingen varsler om uteblitte målinger'}`,
          ]),
      ...(centre?.display === undefined ? [] : [`Oppfølgingssenter: ${centre.display}`]),
    ],
    [episode],
  );
}

const answers = { sykehus: 'Sykehuset', fastlege: 'Fastlegen' } as const;

function plan({ plan: inForce, episodes }: SummaryFacts): SummarySection {
  const heading = 'Egenbehandlingsplan';
  if (inForce === undefined) {
    const episode = current(episodes);
    const declined = episode === undefined ? undefined : planDeclined(episode);
    return section(heading, [
      declined === undefined ? 'Ingen plan er i kraft.' : `Pasienten ønsker ikke egenbehandlingsplan: ${declined}`,
    ]);
  }
  const { by, at, responsible, nextReview, state } = approvalOf(inForce) ?? {};
  return section(
    heading,
    [
      ...(typeof inForce.title === 'string' ? [inForce.title] : []),
      `Godkjent${state === 'interim' ? ' for utprøvingsperioden' : ''}${by?.name === undefined ? '' : ` av ${by.name}`}${at === undefined ? '' : ` ${date(at)}`}`,
      ...(responsible === undefined ? [] : [`${answers[responsible]} er medisinsk ansvarlig`]),
      ...(nextReview === undefined ? [] : [`Ny vurdering ${date(nextReview)}`]),
      ...planSections(inForce).flatMap(({ heading: part, lines }) => lines.map((line) => `${part} – ${line}`)),
    ],
    [inForce],
  );
}

function zone({ flags }: SummaryFacts): SummarySection {
  const flag = flags.find((one) => codeIn(one.code, system.flag)?.startsWith('zone-'));
  const state = flags.find(isState);
  const assessed = state === undefined ? [] : [`Senterets vurdering: ${(state.code as { text?: string }).text ?? ''}`];
  const named = state === undefined ? [] : [state];
  if (flag === undefined) return section('Sone', ['Ingen sone er satt.', ...assessed], named);
  const since = (flag.period as Period | undefined)?.start;
  const text = (flag.code as { text?: string } | undefined)?.text ?? codeIn(flag.code, system.flag)!;
  return section(
    'Sone',
    [`${text}${since === undefined ? '' : ` siden ${timeWords(Date.parse(since))}`}`, ...assessed],
    [flag, ...named],
  );
}

function last({ observations, range, now }: SummaryFacts, series: readonly Series[]): SummarySection {
  const lines = series.flatMap(({ title, unit, points }) => {
    const point = points.at(-1);
    return point === undefined
      ? []
      : [
          `${title}: ${valueWords(point.value)}${unit === undefined ? '' : ` ${unitWords(unit)}`}, ${timeWords(point.t)}`,
        ];
  });
  const times = new Set(series.flatMap(({ points }) => points.at(-1)?.t ?? []));
  const entries = observations.filter(
    (one) => typeof one.effectiveDateTime === 'string' && times.has(Date.parse(one.effectiveDateTime)),
  );
  return lines.length === 0
    ? section('Siste målinger', [`Ingen målinger ${rangeOfTime(range, now)}.`])
    : section('Siste målinger', lines, entries);
}

function trend({ range, now }: SummaryFacts, series: readonly Series[]): SummarySection {
  const charts = series.map((one) => ({ words: trendWords(one, range, now), drawing: trendChart(one, range) }));
  return section(
    'Utvikling',
    charts.length === 0 ? [`Ingen målinger ${rangeOfTime(range, now)}.`] : charts.map(({ words }) => words),
    [],
    charts,
  );
}

/** Results of laboratories and others, by what their reports conclude; nothing where there are none. */
function reports({ reports: found }: SummaryFacts): SummarySection[] {
  if (found.length === 0) return [];
  const lines = found.map((report) => {
    const concept = report.code as { text?: string; coding?: Coding[] } | undefined;
    const { end, start } = (report.effectivePeriod ?? {}) as Period;
    const at = report.effectiveDateTime ?? end ?? start ?? report.issued;
    const count = many(report.result).length;
    const what = concept?.text ?? concept?.coding?.[0]?.display ?? 'Prøvesvar';
    const words = typeof report.conclusion === 'string' ? report.conclusion : `${count} svar`;
    return `${what}${at === undefined ? '' : `, ${date(at)}`}: ${words}`;
  });
  return [section('Prøvesvar', lines, found)];
}

function alerts({ alerts: open }: SummaryFacts): SummarySection {
  const lines = open.map((issue) => {
    const since =
      typeof issue.identifiedDateTime === 'string' ? `, ${timeWords(Date.parse(issue.identifiedDateTime))}` : '';
    const colour = (extensionOf(issue, structure('dho-colour'))?.valueCoding as Coding | undefined)?.code;
    const words = typeof issue.detail === 'string' ? issue.detail : ((issue.code as { text?: string })?.text ?? '');
    const named =
      colour !== undefined && Object.hasOwn(colourText, colour) ? colourText[colour as keyof typeof colourText] : '';
    return `${words.startsWith(named) ? words : `${named}: ${words}`}${since}`;
  });
  return section('Åpne varsler', lines.length === 0 ? ['Ingen åpne varsler.'] : lines, open);
}
