import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useApp } from '../app/context.js';
import { Dialog } from '../app/dialog.js';
import { errorWords } from '../app/load.js';
import { type FhirClient, parameter } from '../fhir/client.js';
import { commonWords } from '../words/page-words.js';
import { referralWords } from '../words/referral-words.js';

export type ReferralAnswer = 'accept' | 'reject' | 'ask';

const words = {
  accept: {
    title: referralWords.acceptTitle,
    question: referralWords.acceptNote,
    button: referralWords.accept,
    done: referralWords.accepted,
  },
  reject: {
    title: referralWords.rejectTitle,
    question: referralWords.rejectReason,
    button: referralWords.reject,
    done: referralWords.rejected,
  },
  ask: {
    title: referralWords.askTitle,
    question: referralWords.askQuestion,
    button: commonWords.send,
    done: referralWords.questioned,
  },
} as const;

/** Asks for what the answer to a referral needs, and gives it. */
export function ReferralDialog({
  answer,
  referral,
  onClose,
  onDone,
}: {
  readonly answer: ReferralAnswer;
  readonly referral: string;
  readonly onClose: () => void;
  readonly onDone: (words: string) => void;
}): JSX.Element {
  const { say, fhir } = useApp();
  const [text, setText] = useState('');
  const [service, setService] = useState('103');
  const [waitlist, setWaitlist] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const { title, question, button, done } = words[answer];
  const submit = async (): Promise<void> => {
    setBusy(true);
    try {
      await give(fhir, answer, referral, { text, service, waitlist });
      onDone(say(done));
    } catch (error) {
      setFailure(error);
      setBusy(false);
    }
  };
  return (
    <Dialog title={say(title)} onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {answer === 'accept' && (
          <>
            <label>
              {say(referralWords.service)}
              <select value={service} onChange={(event) => setService(event.currentTarget.value)}>
                <option value="103">103 {say(referralWords.service103)}</option>
                <option value="100">100 {say(referralWords.service100)}</option>
              </select>
            </label>
            <p>
              <input
                id="waitlist"
                type="checkbox"
                checked={waitlist}
                onChange={(event) => setWaitlist(event.currentTarget.checked)}
              />{' '}
              <label class="inline" for="waitlist">
                {say(referralWords.waitlist)}
              </label>
            </p>
          </>
        )}
        <label>
          {say(question)}
          <textarea
            required={answer !== 'accept'}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        {failure !== undefined && (
          <p class="notice bad" role="alert">
            {errorWords(failure, say)}
          </p>
        )}
        <div class="actions">
          <button type="submit" class={answer === 'reject' ? 'danger' : 'primary'} disabled={busy}>
            {say(button)}
          </button>
          <button type="button" onClick={onClose}>
            {say(commonWords.cancel)}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

async function give(
  fhir: FhirClient,
  answer: ReferralAnswer,
  referral: string,
  what: { readonly text: string; readonly service: string; readonly waitlist: boolean },
): Promise<void> {
  const place = `ServiceRequest/${referral}`;
  if (answer === 'reject') await fhir.operation(`${place}/$reject`, parameter('reason', what.text));
  else if (answer === 'ask') await fhir.operation(`${place}/$ask-back`, parameter('question', what.text));
  else
    await fhir.operation(`${place}/$accept`, [
      { name: 'service', valueCode: what.service },
      ...(what.waitlist ? parameter('waitlist', true) : []),
      ...parameter('note', what.text),
    ]);
}
