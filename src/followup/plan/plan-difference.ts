/** Two plans compared as a person reads them: what is new, gone or changed, line by line, in Norwegian. */
import type { Resource } from '../../fhir/resource.js';
import { contentHash } from './content-hash.js';
import { planSections } from './plan-text.js';

export interface PlanChange {
  /** Heading of the part of the plan. */
  readonly about: string;
  readonly kind: 'added' | 'removed' | 'changed';
  /** What within the part: `Grønn sone`, `Tidspunkt`. */
  readonly label?: string;
  readonly from?: string;
  readonly to?: string;
  /** The change as a sentence. */
  readonly text: string;
}

/**
 * The order is that of the newer plan; what is gone comes with its part, parts that are gone at the end. A difference that
 * the text does not show (a code, say) is one change `Annet`, so an empty answer means that the same would be approved.
 *
 * @throws Failure where a plan cannot be read
 */
export function planDifferences(before: Resource, after: Resource): readonly PlanChange[] {
  const [older, newer] = [sectionsOf(before), sectionsOf(after)];
  const headings = [...new Set([...newer.keys(), ...older.keys()])];
  const changes = headings.flatMap((about) => sectionChanges(about, older.get(about) ?? [], newer.get(about) ?? []));
  if (changes.length > 0 || contentHash(clinical(before)) === contentHash(clinical(after))) return changes;
  return [
    { about: 'Annet', kind: 'changed', text: 'Planene er ulike i noe som ikke vises i teksten, for eksempel en kode.' },
  ];
}

/** All changes, one a line; a sentence where there are none. */
export const differencesText = (changes: readonly PlanChange[]): string =>
  changes.length === 0 ? 'Ingen endringer.' : changes.map(({ text }) => text).join('\n');

function sectionsOf(plan: Resource): ReadonlyMap<string, readonly string[]> {
  const title = typeof plan.title === 'string' ? [{ heading: 'Tittel', lines: [plan.title] }] : [];
  const found = new Map<string, string[]>();
  for (const { heading, lines } of [...title, ...planSections(plan)])
    found.set(heading, [...(found.get(heading) ?? []), ...lines]);
  return found;
}

/** Who wrote it, when and instead of what is no difference between two plans; nor is a comment. */
function clinical({ author: _a, created: _c, replaces: _r, note: _n, ...plan }: Resource): Resource {
  return plan as Resource;
}

function sectionChanges(about: string, before: readonly string[], after: readonly string[]): PlanChange[] {
  const gone = before.filter((line) => !after.includes(line));
  const come = after.filter((line) => !before.includes(line));
  const changes: PlanChange[] = [];
  for (const line of come) {
    const { label, words } = labelled(line);
    const at = label === undefined ? -1 : gone.findIndex((other) => labelled(other).label === label);
    if (at === -1) {
      changes.push(added(about, line));
      continue;
    }
    const [other] = gone.splice(at, 1);
    const from = labelled(other!).words;
    changes.push({
      about,
      kind: 'changed',
      label: label!,
      from,
      to: words,
      text: `${about} – ${label}: endret fra «${from}» til «${words}».`,
    });
  }
  return [...changes, ...gone.map((line) => removed(about, line))];
}

/** `Grønn sone: fra og med 92 %`. A sentence without a short beginning has no label. */
function labelled(line: string): { readonly label?: string; readonly words: string } {
  const at = line.indexOf(': ');
  return at === -1 || at > 60 ? { words: line } : { label: line.slice(0, at), words: line.slice(at + 2) };
}

function added(about: string, line: string): PlanChange {
  const { label, words } = labelled(line);
  return {
    about,
    kind: 'added',
    ...(label === undefined ? {} : { label }),
    to: words,
    text: `${about}: nytt: «${line}».`,
  };
}

function removed(about: string, line: string): PlanChange {
  const { label, words } = labelled(line);
  return {
    about,
    kind: 'removed',
    ...(label === undefined ? {} : { label }),
    from: words,
    text: `${about}: fjernet: «${line}».`,
  };
}
