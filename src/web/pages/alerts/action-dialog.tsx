import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useApp } from '../app/context.js';
import { FormDialog, TickField, WritingField } from '../app/form-dialog.js';
import { Show, useLoaded } from '../app/load.js';
import type { FhirClient } from '../fhir/client.js';
import type { Reference, Resource } from '../fhir/types.js';
import { alertWords } from '../words/alert-words.js';
import type { Text } from '../words/language.js';
import { commonWords } from '../words/page-words.js';
import type { Action } from './entry-detail.js';
import type { Entry } from './worklist.js';

export interface Answer {
  readonly note: string;
  readonly owner?: Reference;
  readonly journal: boolean;
}

type Asked = Extract<Action, 'delegate' | 'call' | 'finish'>;

const titles: Readonly<Record<Asked, Text>> = {
  delegate: alertWords.delegateTitle,
  call: alertWords.callTitle,
  finish: alertWords.finishTitle,
};
const questions: Readonly<Record<Asked, Text>> = {
  delegate: alertWords.delegateNote,
  call: alertWords.callNote,
  finish: alertWords.finishNote,
};
const quickTexts: Readonly<Record<Asked, readonly Text[]>> = {
  delegate: [],
  call: [],
  finish: [alertWords.quickCalled, alertWords.quickError, alertWords.quickDoctor, alertWords.quickVisit],
};

/** Asks for what an action needs: a note, and to whom. */
export function ActionDialog({
  action,
  entry,
  onAnswer,
  onClose,
}: {
  readonly action: Asked;
  readonly entry: Entry;
  readonly onAnswer: (answer: Answer) => Promise<void>;
  readonly onClose: () => void;
}): JSX.Element {
  const { say, fhir } = useApp();
  const [note, setNote] = useState('');
  const [owner, setOwner] = useState('');
  const [journal, setJournal] = useState(false);
  const owners = useLoaded(() => (action === 'delegate' ? colleagues(fhir) : Promise.resolve([])), [action]);
  const send = async (): Promise<void> => {
    const chosen = owners.value?.find(({ reference }) => reference === owner);
    await onAnswer({ note, journal, ...(chosen !== undefined && { owner: chosen }) });
  };
  return (
    <FormDialog
      title={say(titles[action])}
      button={say(action === 'call' ? commonWords.save : alertWords[action])}
      onSend={send}
      onClose={onClose}
    >
      <p class="soft">
        {entry.name} – {entry.title}
      </p>
      {action === 'delegate' && (
        <Show loaded={owners}>
          {(list) => (
            <label>
              {say(alertWords.delegateTo)}
              <select required value={owner} onChange={(event) => setOwner(event.currentTarget.value)}>
                <option value="" />
                {list.map(({ reference, display }) => (
                  <option key={reference} value={reference}>
                    {display}
                  </option>
                ))}
              </select>
            </label>
          )}
        </Show>
      )}
      <WritingField
        label={say(questions[action])}
        value={note}
        required={action !== 'delegate'}
        autofocus={action !== 'delegate'}
        onChange={setNote}
      />
      {quickTexts[action].length > 0 && (
        <div class="quick">
          {quickTexts[action].map((text) => (
            <button
              key={text[0]}
              type="button"
              onClick={() => setNote((before) => `${before}${before === '' ? '' : ' '}${say(text)}`)}
            >
              {say(text)}
            </button>
          ))}
        </div>
      )}
      {action === 'finish' && entry.issue !== undefined && (
        <TickField id="journal" label={say(alertWords.andJournal)} value={journal} onChange={setJournal} />
      )}
    </FormDialog>
  );
}

interface Named extends Resource {
  readonly name?: string | readonly { readonly family?: string; readonly given?: readonly string[] }[];
  readonly practitioner?: Reference;
  readonly organization?: Reference;
}

/** Who can be handed something: the centre's people, teams and services. */
async function colleagues(fhir: FhirClient): Promise<readonly Reference[]> {
  const all = { _count: 500 };
  const [roles, teams, services] = await Promise.all([
    fhir.search<Named>('PractitionerRole', all),
    fhir.search<Named>('CareTeam', { ...all, status: 'active' }),
    fhir.search<Named>('HealthcareService', all),
  ]);
  return [
    ...roles.flatMap(({ practitioner, organization }) =>
      practitioner === undefined
        ? []
        : [{ ...practitioner, display: [practitioner.display, organization?.display].filter(Boolean).join(', ') }],
    ),
    ...[...teams, ...services].map((one) => ({
      reference: `${one.resourceType}/${one.id}`,
      display: typeof one.name === 'string' ? one.name : one.id,
    })),
  ].toSorted((a, b) => (a.display ?? '').localeCompare(b.display ?? '', 'nb'));
}
