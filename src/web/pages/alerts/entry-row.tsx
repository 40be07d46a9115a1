import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useApp } from '../app/context.js';
import { ColourChip } from '../app/signs.js';
import { relativeWords } from '../words/dates.js';
import { alertWords } from '../words/alert-words.js';
import type { Entry } from './worklist.js';

/** When it must have been seen to; past that, said so in words. */
export function DueWords({ entry, now }: { readonly entry: Entry; readonly now: number }): JSX.Element {
  const { say, language } = useApp();
  if (entry.due === undefined) return <span class="soft small">{say(alertWords.noDue)}</span>;
  const over = entry.due < now;
  return (
    <span class={over ? 'due over' : 'due'}>
      {say(over ? alertWords.overdue : alertWords.due, { when: relativeWords(entry.due, now, language) })}
    </span>
  );
}

/** One line of the list. The chosen one has the focus when the keyboard is used. */
export function EntryRow({
  entry,
  now,
  chosen,
  fresh,
  me,
  onChoose,
}: {
  readonly entry: Entry;
  readonly now: number;
  readonly chosen: boolean;
  readonly fresh: boolean;
  readonly me: string;
  readonly onChoose: () => void;
}): JSX.Element {
  const { say } = useApp();
  const row = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (chosen && row.current?.parentElement?.parentElement?.contains(document.activeElement) === true)
      row.current.focus();
  }, [chosen]);
  const { takenBy } = entry;
  return (
    <li>
      <button
        ref={row}
        type="button"
        class={`row ${entry.colour ?? 'none'}${fresh ? ' fresh' : ''}`}
        aria-current={chosen ? 'true' : undefined}
        tabIndex={chosen ? 0 : -1}
        onClick={onChoose}
      >
        <ColourChip colour={entry.colour} />
        <span class="what">
          <strong>{entry.name || say(alertWords.patientUnknown)}</strong>
          <span>{entry.title}</span>
        </span>
        <span class="when">
          <DueWords entry={entry} now={now} />
          <span class="soft small">
            {takenBy === undefined
              ? say(alertWords.isFree)
              : takenBy.display === me
                ? say(alertWords.isMine)
                : say(alertWords.takenBy, { who: takenBy.display ?? '' })}
          </span>
        </span>
      </button>
    </li>
  );
}
