import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useApp } from '../app/context.js';
import { FormDialog, WritingField } from '../app/form-dialog.js';
import { Notice } from '../app/notice.js';
import { parameter } from '../fhir/client.js';
import { commonWords } from '../words/page-words.js';
import { planWords } from '../words/plan-words.js';
import type { Proposal } from './load-plan.js';

type Kind = 'approve' | 'propose' | 'reject';

/** Approve, propose a change, or reject: one click and one confirmation. What is approved is the version that is shown. */
export function AnswerBar({
  proposal,
  reload,
}: {
  readonly proposal: Proposal;
  readonly reload: () => Promise<void>;
}): JSX.Element {
  const { say, session } = useApp();
  const [kind, setKind] = useState<Kind>();
  const [told, setTold] = useState<string>();
  const { task, verified, code } = proposal;
  const entitled = session?.hpr !== undefined && session.securityLevel === '4';
  const unknown = session?.role === undefined;
  return (
    <section class="card answer no-print">
      {told !== undefined && <Notice>{told}</Notice>}
      {task === undefined && told === undefined && <p class="notice">{say(planWords.answered)}</p>}
      {task !== undefined && (
        <>
          <p class={`notice ${verified ? 'good' : 'bad'}`} role={verified ? undefined : 'alert'}>
            {say(verified ? planWords.verified : planWords.notVerified, { code })}
          </p>
          {!entitled && !unknown && <p class="notice warn">{say(planWords.needsHpr)}</p>}
          <div class="split actions">
            <button
              type="button"
              class="primary"
              disabled={!verified || !(entitled || unknown)}
              onClick={() => setKind('approve')}
            >
              {say(planWords.approve)}
            </button>
            <button type="button" onClick={() => setKind('propose')}>
              {say(planWords.propose)}
            </button>
            <button type="button" class="danger" onClick={() => setKind('reject')}>
              {say(planWords.reject)}
            </button>
          </div>
        </>
      )}
      {kind !== undefined && (
        <AnswerDialog
          kind={kind}
          proposal={proposal}
          onClose={() => setKind(undefined)}
          onDone={() => {
            setKind(undefined);
            setTold(say(kind === 'approve' ? planWords.done : planWords.sentBack));
            void reload();
          }}
        />
      )}
    </section>
  );
}

const labels = {
  approve: { title: planWords.approveNow, question: planWords.comment, button: planWords.approveNow },
  propose: { title: planWords.propose, question: planWords.proposeWhat, button: commonWords.send },
  reject: { title: planWords.reject, question: planWords.rejectWhy, button: planWords.reject },
} as const;

function AnswerDialog({
  kind,
  proposal,
  onClose,
  onDone,
}: {
  readonly kind: Kind;
  readonly proposal: Proposal;
  readonly onClose: () => void;
  readonly onDone: () => void;
}): JSX.Element {
  const { say, fhir } = useApp();
  const [text, setText] = useState('');
  const { plan, code } = proposal;
  const send = async (): Promise<void> => {
    const place = `CarePlan/${plan.id}`;
    const version = plan.meta?.versionId;
    if (kind === 'approve') await fhir.operation(`${place}/$approve`, parameter('note', text), version);
    else if (kind === 'reject') await fhir.operation(`${place}/$reject`, parameter('reason', text), version);
    else await fhir.operation(`${place}/$propose-change`, parameter('comment', text));
    onDone();
  };
  const { title, question, button } = labels[kind];
  return (
    <FormDialog title={say(title)} button={say(button)} danger={kind === 'reject'} onSend={send} onClose={onClose}>
      {kind === 'approve' && (
        <p>
          {say(planWords.approveAsk)} {say(planWords.verified, { code })}
        </p>
      )}
      <WritingField label={say(question)} value={text} required={kind !== 'approve'} onChange={setText} />
    </FormDialog>
  );
}
