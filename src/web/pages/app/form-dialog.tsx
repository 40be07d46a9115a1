import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { commonWords } from '../words/page-words.js';
import { useApp } from './context.js';
import { Dialog } from './dialog.js';
import { errorWords } from './load.js';
import { Notice } from './notice.js';

/** A form in a window. While it is sent it cannot be sent again; a refusal is shown in it, so that nothing that was written is lost. */
export function FormDialog({
  title,
  button,
  danger = false,
  large = false,
  onSend,
  onClose,
  children,
}: {
  readonly title: string;
  /** The words of the button that sends. */
  readonly button: string;
  readonly danger?: boolean;
  readonly large?: boolean;
  /** Sends, and closes the window when that has gone well. */
  readonly onSend: (form: FormData) => Promise<void>;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}): JSX.Element {
  const { say } = useApp();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const send = async (form: FormData): Promise<void> => {
    setBusy(true);
    try {
      await onSend(form);
    } catch (error) {
      setFailure(error);
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        class={large ? 'form large' : 'form'}
        onSubmit={(event) => {
          event.preventDefault();
          void send(new FormData(event.currentTarget));
        }}
      >
        {children}
        {failure !== undefined && <Notice bad>{errorWords(failure, say)}</Notice>}
        <div class="actions">
          <button type="submit" class={danger ? 'danger' : 'primary'} disabled={busy}>
            {button}
          </button>
          <button type="button" onClick={onClose}>
            {say(commonWords.cancel)}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** Several lines of writing. */
export function WritingField({
  label,
  value,
  required,
  autofocus = false,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly required: boolean;
  readonly autofocus?: boolean;
  readonly onChange: (value: string) => void;
}): JSX.Element {
  return (
    <label>
      {label}
      <textarea
        required={required}
        value={value}
        onInput={(event) => onChange(event.currentTarget.value)}
        autofocus={autofocus}
      />
    </label>
  );
}

/** Yes or no. */
export function TickField({
  id,
  label,
  value,
  onChange,
}: {
  readonly id: string;
  readonly label: string;
  readonly value: boolean;
  readonly onChange: (value: boolean) => void;
}): JSX.Element {
  return (
    <p>
      <input id={id} type="checkbox" checked={value} onChange={(event) => onChange(event.currentTarget.checked)} />{' '}
      <label class="inline" for={id}>
        {label}
      </label>
    </p>
  );
}
