import type { JSX } from 'preact';
import { ruleWords } from '../../../followup/plan/rule-words.js';
import { useApp } from '../app/context.js';
import { Dialog } from '../app/dialog.js';
import { Show, useLoaded } from '../app/load.js';
import { ColourChip } from '../app/signs.js';
import type { FhirClient } from '../fhir/client.js';
import { colourOf, textOf, timeOf } from '../fhir/reading.js';
import type { Bundle, DetectedIssue, Observation, Task } from '../fhir/types.js';
import { numberText, timeWords } from '../words/dates.js';
import type { Language, Say } from '../words/language.js';
import { colourWords } from '../words/page-words.js';
import { trendWords } from '../words/trend-words.js';
import type { Mark } from './marks.js';
import type { PlanVersion } from './plan-versions.js';

interface Step {
  readonly at: number;
  readonly text: string;
  readonly note?: string | undefined;
}

/** What happened to one alert, or several of the same moment. */
export function AlertStory({
  marks,
  versions,
  onClose,
}: {
  readonly marks: readonly Mark[];
  readonly versions: readonly PlanVersion[];
  readonly onClose: () => void;
}): JSX.Element {
  const { say } = useApp();
  return (
    <Dialog
      title={marks.length === 1 ? marks[0]!.title : say(trendWords.severalAlerts, { n: marks.length })}
      onClose={onClose}
    >
      <div class="stack">
        {marks.map((mark) => (
          <OneStory key={mark.issue.id} mark={mark} versions={versions} />
        ))}
      </div>
    </Dialog>
  );
}

function OneStory({ mark, versions }: { readonly mark: Mark; readonly versions: readonly PlanVersion[] }): JSX.Element {
  const { say, language, fhir } = useApp();
  const loaded = useLoaded(() => loadStory(fhir, mark.issue, say, language), [mark.issue.id, language]);
  const version = versions.findLast(({ from }) => from <= mark.at) ?? versions.at(-1);
  const rule = version?.rules.rules.find(({ id }) => id === mark.rule);
  return (
    <article>
      <p class="split">
        <ColourChip colour={mark.colour} />
        <strong>{mark.title}</strong>
      </p>
      {rule !== undefined && version !== undefined && (
        <p class="small soft" lang="nb">
          {say(trendWords.rule)}: {ruleWords(rule, version.rules)}
        </p>
      )}
      <Show loaded={loaded}>
        {({ steps, evidence }) => (
          <>
            <ol class="story">
              {steps.map(({ at, text, note }) => (
                <li key={`${at} ${text}`}>
                  <span class="small soft">{timeWords(at, language)}</span>
                  <br />
                  {text}
                  {note !== undefined && <blockquote>{note}</blockquote>}
                </li>
              ))}
              {mark.issue.status === 'preliminary' && <li>{say(trendWords.open)}</li>}
            </ol>
            {evidence.length > 0 && (
              <details>
                <summary>{say(trendWords.evidence)}</summary>
                <ul class="small">
                  {evidence.map((one) => (
                    <li key={one}>{one}</li>
                  ))}
                </ul>
              </details>
            )}
          </>
        )}
      </Show>
    </article>
  );
}

async function loadStory(
  fhir: FhirClient,
  issue: DetectedIssue,
  say: Say,
  language: Language,
): Promise<{ readonly steps: readonly Step[]; readonly evidence: readonly string[] }> {
  const ids = (issue.implicated ?? []).flatMap(
    ({ reference }) => /^Observation\/([^/]+)$/.exec(reference ?? '')?.[1] ?? [],
  );
  const [[task], observations] = await Promise.all([
    fhir.search<Task>('Task', { focus: `DetectedIssue/${issue.id}` }),
    ids.length === 0 ? [] : fhir.search<Observation>('Observation', { _id: ids.join(','), _sort: 'date' }),
  ]);
  const history = task === undefined ? [] : await versionsOf(fhir, task);
  return { steps: stepsOf(issue, history, say), evidence: observations.map((one) => evidenceWords(one, language)) };
}

const versionsOf = async (fhir: FhirClient, task: Task): Promise<readonly Task[]> =>
  ((await fhir.read<Bundle<Task>>(`Task/${task.id}/_history`)).entry ?? [])
    .flatMap(({ resource }) => resource ?? [])
    .toReversed();

/** Reads off the versions of the Task who did what. */
export function stepsOf(issue: DetectedIssue, history: readonly Task[], say: Say): readonly Step[] {
  const steps: Step[] = [{ at: timeOf(issue.identifiedDateTime) ?? 0, text: say(trendWords.found) }];
  history.forEach((task, index) => {
    const before = history[index - 1];
    const at = timeOf(task.meta?.lastUpdated) ?? 0;
    const notes = (task.note ?? []).slice(before?.note?.length ?? 0);
    const note = notes.map(({ text }) => text).join('\n') || undefined;
    const colour = colourOf(task);
    if (before === undefined) return;
    if (colour !== undefined && colour !== colourOf(before))
      steps.push({ at, text: say(trendWords.escalated, { colour: say(colourWords[colour]).toLowerCase() }) });
    if (task.status === 'completed' && before.status !== 'completed')
      steps.push({ at, text: say(trendWords.closed), note });
    else if (task.owner?.display !== before.owner?.display)
      steps.push({ at, text: say(trendWords.delegated, { who: task.owner?.display ?? '' }), note });
    else if (task.status !== before.status && (task.status === 'accepted' || task.status === 'in-progress'))
      steps.push({ at, text: say(trendWords.taken, { who: task.owner?.display ?? '' }), note });
    else if (note !== undefined) steps.push({ at, text: authorOf(task), note });
  });
  return steps;
}

function authorOf({ note }: Task): string {
  const last = note?.at(-1);
  return last?.authorString ?? last?.authorReference?.display ?? '';
}

function evidenceWords(one: Observation, language: Language): string {
  const at = timeOf(one.effectiveDateTime);
  const value = ({ value, unit }: { value?: number; unit?: string } = {}): string =>
    value === undefined ? '' : `${numberText(value, String(value).split('.')[1]?.length ?? 0, language)} ${unit ?? ''}`;
  const values =
    one.component?.map(({ valueQuantity }) => value(valueQuantity)).join(' / ') ?? value(one.valueQuantity);
  return `${at === undefined ? '' : timeWords(at, language)} – ${textOf(one.code)} ${values}`;
}
