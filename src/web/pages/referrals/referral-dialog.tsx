import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useApp } from '../app/context.js';
import { FormDialog, TickField, WritingField } from '../app/form-dialog.js';
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
  const { title, question, button, done } = words[answer];
  const send = async (): Promise<void> => {
    await give(fhir, answer, referral, { text, service, waitlist });
    onDone(say(done));
  };
  return (
    <FormDialog title={say(title)} button={say(button)} danger={answer === 'reject'} onSend={send} onClose={onClose}>
      {answer === 'accept' && (
        <>
          <label>
            {say(referralWords.service)}
            <select value={service} onChange={(event) => setService(event.currentTarget.value)}>
              <option value="103">103 {say(referralWords.service103)}</option>
              <option value="100">100 {say(referralWords.service100)}</option>
            </select>
          </label>
          <TickField id="waitlist" label={say(referralWords.waitlist)} value={waitlist} onChange={setWaitlist} />
        </>
      )}
      <WritingField label={say(question)} value={text} required={answer !== 'accept'} onChange={setText} />
    </FormDialog>
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
