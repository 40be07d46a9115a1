import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { systemClock } from '../../../kernel/clock.js';
import { Chooser } from '../app/choice.js';
import { useApp } from '../app/context.js';
import { Dialog } from '../app/dialog.js';
import { errorWords, Show, useLoaded } from '../app/load.js';
import { Notice } from '../app/notice.js';
import { Sign } from '../app/signs.js';
import { useTitle } from '../app/title.js';
import { FhirError } from '../fhir/client.js';
import { colours } from '../fhir/reading.js';
import { listen } from '../fhir/live.js';
import { alertWords } from '../words/alert-words.js';
import type { Text } from '../words/language.js';
import { colourWords, commonWords } from '../words/page-words.js';
import { act } from './act.js';
import { ActionDialog, type Answer } from './action-dialog.js';
import { type Action, actionKeys, actionsFor, EntryDetail } from './entry-detail.js';
import { EntryRow } from './entry-row.js';
import { Overview } from './overview.js';
import { type Choices, type Entry, loadWorklist, meets } from './worklist.js';
import '../style/alerts.css';
import '../style/trend.css';

const done: Readonly<Record<Action, Text>> = {
  take: alertWords.taken,
  delegate: alertWords.passedOn,
  call: alertWords.noted,
  finish: alertWords.closed,
};
interface Told {
  readonly text: string;
  readonly bad: boolean;
  /** The alert that was closed, while it can still be copied to the journal from here. */
  readonly closed?: string | undefined;
}

const noAnswer: Answer = { note: '', journal: false };

/** What the nurses of the centre work down. It changes by itself as things happen. */
export function AlertsPage(): JSX.Element {
  const { say, fhir } = useApp();
  useTitle(say(alertWords.title));
  const loaded = useLoaded(() => loadWorklist(fhir), []);
  const [live, setLive] = useState(false);
  useEffect(() => listen(fhir, 'Task?intent=order', () => void loaded.reload(), setLive).stop, []);
  return <Show loaded={loaded}>{(entries) => <Worklist entries={entries} live={live} reload={loaded.reload} />}</Show>;
}

function Worklist({
  entries,
  live,
  reload,
}: {
  readonly entries: readonly Entry[];
  readonly live: boolean;
  readonly reload: () => Promise<void>;
}): JSX.Element {
  const { say, fhir, session } = useApp();
  const me = session?.name ?? '';
  const [choices, setChoices] = useState<Choices>({ colour: '', district: '', nurse: '' });
  const [chosenId, setChosenId] = useState<string>();
  const [asked, setAsked] = useState<'delegate' | 'call' | 'finish'>();
  const [told, setTold] = useState<Told>();
  const now = useNow();
  const wide = useWide();
  const fresh = useFresh(entries);
  const shown = entries.filter((entry) => meets(entry, choices, me));
  const chosen = shown.find(({ task }) => task.id === chosenId) ?? shown[0];

  const perform = async (action: Action, answer: Answer): Promise<void> => {
    if (chosen === undefined) return;
    await act(fhir, action, chosen, answer, me);
    setAsked(undefined);
    const closed = action === 'finish' && !answer.journal ? chosen.issue?.id : undefined;
    setTold({ text: say(answer.journal ? alertWords.closedAndCopied : done[action]), bad: false, closed });
    await reload();
  };
  /** After the fact as well: what was closed a moment ago. */
  const copy = (issue: string): void => {
    fhir.operation(`DetectedIssue/${issue}/$copy-to-journal`).then(
      () => setTold({ text: say(alertWords.journalled), bad: false }),
      (error: unknown) => setTold({ text: errorWords(error, say), bad: true }),
    );
  };
  const begin = (action: Action): void => {
    if (action === 'delegate' || action === 'call' || action === 'finish') {
      setAsked(action);
      return;
    }
    perform(action, noAnswer).catch(async (error: unknown) => {
      setTold({ text: takenWords(error) ?? errorWords(error, say), bad: true });
      await reload();
    });
  };
  const takenWords = (error: unknown): string | undefined => {
    const who = error instanceof FhirError ? /taken by (.*)\.$/.exec(error.message)?.[1] : undefined;
    return who === undefined ? undefined : say(alertWords.tooLate, { who });
  };
  useKeys(shown, chosen, setChosenId, begin, asked !== undefined);
  return (
    <div class="stack">
      <div class="split">
        <h1>{say(alertWords.title)}</h1>
        <span class="soft">{say(alertWords.open, { n: entries.length })}</span>
        <span class={`live small${live ? ' on' : ''}`} role="status">
          {say(live ? alertWords.live : alertWords.notLive)}
        </span>
      </div>
      <p class="seen-not" aria-live="polite">
        {fresh.words}
      </p>
      {told !== undefined && (
        <Notice bad={told.bad}>
          {told.text}
          {told.closed !== undefined && (
            <button type="button" onClick={() => copy(told.closed!)}>
              {say(alertWords.journal)}
            </button>
          )}
          <button type="button" class="quiet" onClick={() => setTold(undefined)}>
            {say(commonWords.close)}
          </button>
        </Notice>
      )}
      <Filters entries={entries} choices={choices} onChange={setChoices} />
      <div class="worklist">
        {shown.length === 0 ? (
          <p class="card empty">{say(entries.length === 0 ? alertWords.none : alertWords.noneHere)}</p>
        ) : (
          <ul class="rows" aria-label={say(alertWords.list)}>
            {shown.map((entry) => (
              <EntryRow
                key={entry.task.id}
                entry={entry}
                now={now}
                me={me}
                chosen={entry === chosen}
                fresh={fresh.ids.has(entry.task.id)}
                onChoose={() => setChosenId(entry.task.id)}
              />
            ))}
          </ul>
        )}
        {chosen !== undefined && wide && <EntryDetail key={chosen.task.id} entry={chosen} onAction={begin} />}
      </div>
      {wide && <KeyHelp />}
      {chosen !== undefined && chosen.task.id === chosenId && !wide && (
        <Dialog title={chosen.name} onClose={() => setChosenId(undefined)}>
          <EntryDetail key={chosen.task.id} entry={chosen} onAction={begin} />
        </Dialog>
      )}
      <Overview entries={entries} />
      {asked !== undefined && chosen !== undefined && (
        <ActionDialog
          action={asked}
          entry={chosen}
          onAnswer={(answer) => perform(asked, answer)}
          onClose={() => setAsked(undefined)}
        />
      )}
    </div>
  );
}

function Filters({
  entries,
  choices,
  onChange,
}: {
  readonly entries: readonly Entry[];
  readonly choices: Choices;
  readonly onChange: (choices: Choices) => void;
}): JSX.Element {
  const { say } = useApp();
  const count = (colour: string): number => entries.filter((entry) => (entry.colour ?? 'none') === colour).length;
  const districts = [...new Set(entries.flatMap(({ district }) => district ?? []))].toSorted();
  const nurses = [...new Set(entries.flatMap(({ takenBy }) => takenBy?.display ?? []))].toSorted();
  return (
    <div class="split filters">
      <div class="segments" role="group" aria-label={say(alertWords.filters)}>
        <button type="button" aria-pressed={choices.colour === ''} onClick={() => onChange({ ...choices, colour: '' })}>
          {say(commonWords.all)} {entries.length}
        </button>
        {[...colours, 'none' as const]
          .filter((colour) => count(colour) > 0)
          .map((colour) => (
            <button
              key={colour}
              type="button"
              aria-pressed={choices.colour === colour}
              onClick={() => onChange({ ...choices, colour: choices.colour === colour ? '' : colour })}
            >
              <Sign colour={colour} /> {say(colourWords[colour])} {count(colour)}
            </button>
          ))}
      </div>
      <Chooser
        label={say(alertWords.nurse)}
        value={choices.nurse}
        options={[
          ['', say(commonWords.all)],
          ['free', say(alertWords.free)],
          ['mine', say(alertWords.mine)],
          ...nurses.map((name) => [name, name] as const),
        ]}
        onChange={(nurse) => onChange({ ...choices, nurse })}
      />
      <Chooser
        label={say(alertWords.district)}
        value={choices.district}
        options={[['', say(commonWords.all)], ...districts.map((name) => [name, name] as const)]}
        onChange={(district) => onChange({ ...choices, district })}
      />
    </div>
  );
}

function KeyHelp(): JSX.Element {
  const { say } = useApp();
  return (
    <p class="keys small soft no-print">
      {say(alertWords.keys)}: <kbd>↑</kbd> <kbd>↓</kbd> {say(alertWords.keyMove)}
      {Object.entries(actionKeys).map(([action, key]) => (
        <span key={action}>
          <kbd>{key.toUpperCase()}</kbd> {say(alertWords[action as Action]).toLowerCase()}
        </span>
      ))}
    </p>
  );
}

/** Single keys work while nothing is being written and no window is open. https://www.w3.org/TR/WCAG22/#character-key-shortcuts */
function useKeys(
  shown: readonly Entry[],
  chosen: Entry | undefined,
  choose: (id: string) => void,
  begin: (action: Action) => void,
  off: boolean,
): void {
  const latest = useRef({ shown, chosen, begin, off });
  latest.current = { shown, chosen, begin, off };
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { shown: list, chosen: one, begin: start, off: isOff } = latest.current;
      const inList = (event.target as Element).closest('.worklist, body') !== null;
      const writing = (event.target as Element).closest('input, textarea, select, dialog') !== null;
      if (isOff || !inList || writing || one === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step !== undefined) {
        const next = list[list.indexOf(one) + step];
        if (next !== undefined) choose(next.task.id);
        event.preventDefault();
        return;
      }
      const action = actionsFor(one).find((each) => actionKeys[each] === event.key.toLowerCase());
      if (action === undefined) return;
      event.preventDefault();
      start(action);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

/** Whether list and detail stand beside each other; on a small screen the detail is a window over the list. */
function useWide(): boolean {
  const [wide, setWide] = useState(() => matchMedia('(min-width: 64rem)').matches);
  useEffect(() => {
    const query = matchMedia('(min-width: 64rem)');
    const update = (): void => setWide(query.matches);
    query.addEventListener('change', update);
    return () => query.removeEventListener('change', update);
  }, []);
  return wide;
}

/** The time, so that deadlines pass while one looks. */
function useNow(): number {
  const [now, setNow] = useState(() => systemClock.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(systemClock.now()), 15_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** What has come since the page was opened, marked and told. */
function useFresh(entries: readonly Entry[]): { readonly ids: ReadonlySet<string>; readonly words: string } {
  const { say } = useApp();
  const seen = useRef<ReadonlySet<string> | undefined>(undefined);
  const ids = useRef(new Set<string>());
  return useMemo(() => {
    const before = seen.current;
    seen.current = new Set(entries.map(({ task }) => task.id));
    const added = before === undefined ? [] : entries.filter(({ task }) => !before.has(task.id));
    for (const { task } of added) ids.current.add(task.id);
    const words = added.map(({ colour, name, title }) =>
      say(alertWords.arrived, { colour: say(colourWords[colour ?? 'none']), name, title }),
    );
    return { ids: ids.current, words: words.join('. ') };
  }, [entries]);
}
