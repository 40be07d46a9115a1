/** Colours are never told by colour alone: each has a shape and a word. */
import type { JSX } from 'preact';
import type { Colour, Zone } from '../fhir/reading.js';
import { colourWords, zoneWords } from '../words/page-words.js';
import { useApp } from './context.js';

const shapes: Readonly<Record<Colour | 'none', JSX.Element>> = {
  red: <path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" />,
  yellow: <path d="M8 1.500 15.500 14.500H.5z" />,
  green: <circle cx="8" cy="8" r="7" />,
  blue: <path d="M1 3h14v10H1zl7 6 7-6" class="open" />,
  grey: <circle cx="8" cy="8" r="6" class="open dashed" />,
  technical: <path d="M8 1l7 7-7 7-7-7z" class="open" />,
  none: <path d="M3 8.500l3.500 3.500L13 4.500" class="open" />,
};

/** The shape alone; what it means is said beside it. */
export function Sign({ colour }: { readonly colour: Colour | 'none' }): JSX.Element {
  return (
    <svg class={`sign ${colour}`} viewBox="0 0 16 16" aria-hidden="true">
      {shapes[colour]}
    </svg>
  );
}

export function ColourChip({ colour }: { readonly colour: Colour | undefined }): JSX.Element {
  const { say } = useApp();
  return (
    <span class={`chip ${colour ?? 'none'}`}>
      <Sign colour={colour ?? 'none'} />
      {say(colourWords[colour ?? 'none'])}
    </span>
  );
}

export function ZoneChip({ zone }: { readonly zone: Zone | undefined }): JSX.Element {
  const { say } = useApp();
  return (
    <span class={`chip large ${zone ?? 'none'}`}>
      <Sign colour={zone ?? 'none'} />
      {say(zoneWords[zone ?? 'none'])}
    </span>
  );
}

/** The zone beside a value: shape, and the word for those who do not see it. Nothing where no limit judges the value. */
export function ZoneSign({ zone }: { readonly zone: Zone | undefined }): JSX.Element | null {
  const { say } = useApp();
  if (zone === undefined) return null;
  return (
    <>
      <Sign colour={zone} />
      <span class="seen-not">{say(zoneWords[zone])}</span>
    </>
  );
}
