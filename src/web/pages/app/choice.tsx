import type { JSX } from 'preact';

/** One value among few. */
interface Choice {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, text: string])[];
  readonly onChange: (value: string) => void;
}

/** All in sight, as buttons. */
export function Segments({ label, value, options, onChange }: Choice): JSX.Element {
  return (
    <div class="segments" role="group" aria-label={label}>
      {options.map(([one, text]) => (
        <button key={one} type="button" aria-pressed={one === value} onClick={() => onChange(one)}>
          {text}
        </button>
      ))}
    </div>
  );
}

/** Folded into a list. */
export function Chooser({ label, value, options, onChange }: Choice): JSX.Element {
  return (
    <label class="chooser">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map(([one, text]) => (
          <option key={one} value={one}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
