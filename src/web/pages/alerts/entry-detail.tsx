import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { systemClock } from '../../../kernel/clock.js';
import { useApp } from '../app/context.js';
import { follow } from '../app/router.js';
import { ColourChip } from '../app/signs.js';
import { textOf, timeOf } from '../fhir/reading.js';
import { AlertStory } from '../trend/alert-story.js';
import { marksOf } from '../trend/marks.js';
import { ageWords, relativeWords, timeWords } from '../words/dates.js';
import { alertWords } from '../words/alert-words.js';
import { trendWords } from '../words/trend-words.js';
import { DueWords } from './entry-row.js';
import { type Entry, patientOf } from './worklist.js';

export type Action = 'take' | 'delegate' | 'call' | 'finish';

/** The key of each action, as shown on its button. */
export const actionKeys: Readonly<Record<Action, string>> = {
  take: 't',
  delegate: 'g',
  call: 'n',
  finish: 'l',
};

/** What can be done with an entry now. */
export function actionsFor(entry: Entry): readonly Action[] {
  return entry.takenBy === undefined ? ['take', 'call', 'delegate', 'finish'] : ['call', 'delegate', 'finish'];
}

/** One entry in full, with what can be done about it. */
export function EntryDetail({
  entry,
  onAction,
}: {
  readonly entry: Entry;
  readonly onAction: (action: Action) => void;
}): JSX.Element {
  const { say, language } = useApp();
  const [story, setStory] = useState(false);
  const now = systemClock.now();
  const patient = patientOf(entry);
  const marks = entry.issue === undefined ? [] : marksOf([entry.issue]);
  return (
    <article class="card detail" aria-labelledby="detail-title">
      <p class="split">
        <ColourChip colour={entry.colour} />
        <DueWords entry={entry} now={now} />
      </p>
      <h2 id="detail-title">{entry.title}</h2>
      <p class="split">
        <strong>{entry.name || say(alertWords.patientUnknown)}</strong>
        <span class="soft">{ageWords(entry.patient?.birthDate, now, say)}</span>
        {entry.district !== undefined && <span class="tag">{entry.district}</span>}
      </p>
      <p class="soft small">
        {textOf(entry.task.code)} · {say(alertWords.since, { when: relativeWords(entry.since, now, language) })}
      </p>
      <p>
        {entry.takenBy === undefined
          ? say(alertWords.isFree)
          : say(alertWords.takenBy, { who: entry.takenBy.display ?? '' })}
      </p>
      <div class="split actions">
        {actionsFor(entry).map((action) => (
          <button
            key={action}
            type="button"
            class={action === 'take' || (action === 'finish' && entry.takenBy !== undefined) ? 'primary' : ''}
            aria-keyshortcuts={actionKeys[action].toUpperCase()}
            onClick={() => onAction(action)}
          >
            {say(alertWords[action])} <kbd aria-hidden="true">{actionKeys[action].toUpperCase()}</kbd>
          </button>
        ))}
      </div>
      <p class="split">
        {patient !== undefined && (
          <a class="button" href={`/trend?patient=${patient}`} onClick={follow}>
            {say(alertWords.trend)}
          </a>
        )}
        {marks.length > 0 && (
          <button type="button" class="quiet" onClick={() => setStory(true)}>
            {say(trendWords.story)}
          </button>
        )}
      </p>
      {(entry.task.note ?? []).length > 0 && (
        <section>
          <h3>{say(alertWords.notes)}</h3>
          <ol class="story">
            {entry.task.note!.map(({ text, time, authorString, authorReference }) => (
              <li key={`${time} ${text}`}>
                <span class="small soft">
                  {time === undefined ? '' : timeWords(timeOf(time) ?? now, language)}{' '}
                  {authorString ?? authorReference?.display ?? ''}
                </span>
                <br />
                {text}
              </li>
            ))}
          </ol>
        </section>
      )}
      {story && <AlertStory marks={marks} versions={[]} onClose={() => setStory(false)} />}
    </article>
  );
}
