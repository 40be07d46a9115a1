import { parameterIn, timeOf } from '../fhir/reading.js';
import type { Parameters } from '../fhir/types.js';

export interface Look {
  readonly when: number;
  readonly who: string;
  readonly organisation?: string;
  readonly what: string;
  readonly why?: string;
}

/** A page asks for the same several times a minute: that is one look. */
export function once(looks: readonly Look[]): readonly Look[] {
  const seen = new Set<string>();
  return looks.filter(({ when, ...look }) => {
    const key = JSON.stringify([Math.floor(when / 60_000), look]);
    return !seen.has(key) && seen.add(key);
  });
}

/** The entries of what Patient/$access-log answers, in its order: the newest first. */
export function looksIn(answer: Parameters): readonly Look[] {
  return (answer.parameter ?? []).flatMap(({ name, part }) => {
    if (name !== 'entry') return [];
    const text = (wanted: string): string | undefined => parameterIn(part, wanted)?.valueString;
    const when = timeOf(parameterIn(part, 'when')?.valueInstant);
    const [organisation, why] = [text('organisation'), text('why')];
    return when === undefined
      ? []
      : [
          {
            when,
            who: text('who') ?? '',
            what: text('what') ?? '',
            ...(organisation !== undefined && { organisation }),
            ...(why !== undefined && { why }),
          },
        ];
  });
}
