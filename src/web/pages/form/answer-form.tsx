import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { instant, systemClock } from '../../../kernel/clock.js';
import { useApp } from '../app/context.js';
import { Dialog } from '../app/dialog.js';
import { FormDialog } from '../app/form-dialog.js';
import { Show, useLoaded } from '../app/load.js';
import { attemptName } from '../fhir/attempt.js';
import { formWords } from '../words/form-words.js';
import { type Answers, asked, initialAnswers, responseOf } from './answers.js';
import { Question } from './question.js';
import { type Questionnaire, readForm } from './questionnaire.js';

/** What has been written stays while the page is open, also where the window was closed by mistake. */
export interface Draft {
  readonly answers: Answers;
  /** The name under which it is sent, however often. */
  readonly sent: string;
}

/** A form of the plan, answered by the patient. */
export function AnswerForm({
  patient,
  name,
  title,
  draft,
  onDraft,
  onClose,
  onSent,
}: {
  readonly patient: string;
  /** As the plan calls the questionnaire. */
  readonly name: string;
  readonly title: string;
  readonly draft: Draft | undefined;
  readonly onDraft: (draft: Draft) => void;
  readonly onClose: () => void;
  readonly onSent: () => void;
}): JSX.Element {
  const { say, fhir } = useApp();
  const loaded = useLoaded(() => readForm(fhir, name).then((form) => ({ form })), [name]);
  if (loaded.value?.form !== undefined)
    return (
      <Answering
        patient={patient}
        form={loaded.value.form}
        title={title}
        draft={draft}
        onDraft={onDraft}
        onClose={onClose}
        onSent={onSent}
      />
    );
  return (
    <Dialog title={title} onClose={onClose}>
      <Show loaded={loaded}>{() => <p>{say(formWords.noForm)}</p>}</Show>
    </Dialog>
  );
}

function Answering({
  patient,
  form,
  title,
  draft,
  onDraft,
  onClose,
  onSent,
}: Omit<Parameters<typeof AnswerForm>[0], 'name'> & { readonly form: Questionnaire }): JSX.Element {
  const { say, fhir } = useApp();
  const items = form.item ?? [];
  const sent = useMemo(() => draft?.sent ?? attemptName(), []);
  const [answers, setAnswers] = useState<Answers>(() => draft?.answers ?? initialAnswers(items));
  const shown = asked(items, answers);
  const send = async (): Promise<void> => {
    const response = responseOf(form, answers, { patient, authored: instant(systemClock.now()), sent });
    await fhir.createOnce(response, sent);
    onSent();
  };
  return (
    <FormDialog title={form.title ?? title} button={say(formWords.send)} large onSend={send} onClose={onClose}>
      <div class="questions" lang={form.language ?? 'nb'}>
        {items.map((item) => (
          <Question
            key={item.linkId}
            item={item}
            shown={shown}
            answers={answers}
            onAnswer={(linkId, given) => {
              const next = new Map(answers).set(linkId, given);
              setAnswers(next);
              onDraft({ answers: next, sent });
            }}
          />
        ))}
      </div>
    </FormDialog>
  );
}
