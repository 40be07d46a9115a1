import { parameterIn, timeOf } from '../fhir/reading.js';
import type { Parameters } from '../fhir/types.js';
import { localDay } from '../words/dates.js';

export interface Look {
  readonly when: number;
  readonly who: string;
  readonly organisation?: string;
  readonly what: string;
  readonly why?: string;
}

/** Everything that one person did on one day, for one reason. */
export interface Visit {
  readonly who: string;
  readonly organisation: string | undefined;
  readonly why: string | undefined;
  /** Milliseconds since 1970; the same for one look. */
  readonly first: number;
  readonly last: number;
  /** As one sentence without its subject: `leste personopplysninger, søkte i målinger og varsler`. */
  readonly what: string;
}

/** A page asks for many things at once: what somebody did on a day is told together, the newest first. */
export function visits(looks: readonly Look[]): readonly Visit[] {
  const found = new Map<string, Look[]>();
  for (const look of looks) {
    const key = JSON.stringify([localDay(look.when), look.who, look.organisation, look.why]);
    const visit = found.get(key);
    if (visit === undefined) found.set(key, [look]);
    else visit.push(look);
  }
  return [...found.values()]
    .map((visit) => {
      const times = visit.map(({ when }) => when);
      const { who, organisation, why } = visit[0]!;
      return {
        who,
        organisation,
        why,
        first: Math.min(...times),
        last: Math.max(...times),
        what: together(visit.toReversed().map(({ what }) => what)),
      };
    })
    .toSorted((a, b) => b.last - a.last);
}

const verbs = /^(søkte i|leste|registrerte|endret|fjernet) (.+)$/;

/** `søkte i målinger`, `søkte i varsler` → `søkte i målinger og varsler`. */
function together(sentences: readonly string[]): string {
  const objects = new Map<string, Set<string>>();
  for (const sentence of sentences) {
    const [, verb = sentence, object] = verbs.exec(sentence) ?? [];
    const known = objects.get(verb) ?? new Set();
    objects.set(verb, object === undefined ? known : known.add(object));
  }
  return [...objects].map(([verb, what]) => (what.size === 0 ? verb : `${verb} ${listOf([...what])}`)).join(', ');
}

const listOf = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} og ${words.at(-1)}`;

/** Whether something was looked at, not made or changed. */
export const isLook = ({ what }: Look): boolean => /^(forsøkte|leste|søkte i|hentet|så på|spurte om|åpnet)/.test(what);

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
