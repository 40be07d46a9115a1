// https://hl7.org/fhir/R4/valueset.html#compositions – is a code a member, also where not every member can be listed?
import type { Resource } from '../fhir/resource.js';
import { Failure } from '../kernel/failure.js';
import { codesOfPart, type Member, membersOf, type TerminologySource } from './expand-codes.js';

/** What is known of a value set's members. */
export interface Membership {
  /** `system|code` of those that can be listed. */
  readonly listed: ReadonlySet<string>;
  /** The codes alone, for elements of type `code`, which have no system. */
  readonly bare: ReadonlySet<string>;
  /** Systems of which any code may be a member: their codes, or a filter on them, are not known here. `*`: of any system. */
  readonly open: ReadonlySet<string>;
  /** Systems all of whose codes are members, though they cannot be listed. */
  readonly whole: ReadonlySet<string>;
}

/** Yes, no, or undefined where that cannot be told here. @param system undefined: that of the element, which has none */
export function isMemberOf(
  { listed, bare, open, whole }: Membership,
  system: string | undefined,
  code: string,
  exists: Exists = () => undefined,
): boolean | undefined {
  if (system === undefined ? bare.has(code) : listed.has(`${system}|${code}`)) return true;
  if (open.size === 0) return false;
  if (system === undefined) return undefined;
  if (!open.has('*') && !open.has(system)) return false;
  const known = exists(system, code);
  return known === true && !whole.has(system) ? undefined : known;
}

/** Whether a code system without a list of its codes has such a code; undefined where that cannot be told. */
export type Exists = (system: string, code: string) => boolean | undefined;

/** @returns undefined where the value set itself is not known here */
export async function membershipOf(
  url: string,
  source: TerminologySource,
  within: readonly string[] = [],
): Promise<Membership | undefined> {
  if (within.includes(url) || within.length > 10) return undefined;
  const stored = await source.valueSet(url);
  if (stored !== undefined) return membershipIn(stored, source, [...within, url]);
  const standard = source.standard(url.split('|')[0]!);
  if (standard === undefined) return undefined;
  const listed = new Set<string>();
  for (const system of standard.systems) for (const code of standard.codesOf(system)) listed.add(`${system}|${code}`);
  return { listed, bare: standard.codes, open: new Set(standard.openSystems), whole: new Set() };
}

/** As `membershipOf`, of a value set that is at hand. */
export async function membershipIn(
  valueSet: Resource,
  source: TerminologySource,
  within: readonly string[] = [],
): Promise<Membership> {
  const all = await listing(() => membersOf(valueSet, source, within));
  if (all !== undefined) return { ...setsOf(all), open: new Set(), whole: new Set() };
  const { include = [], exclude = [] } = (valueSet['compose'] ?? {}) as {
    readonly include?: readonly Part[];
    readonly exclude?: readonly Part[];
  };
  const listed: Member[] = [];
  const [open, whole] = [new Set<string>(), new Set<string>()];
  for (const part of include) await addPart(part, source, within, { listed, open, whole });
  let kept = listed;
  for (const part of exclude) {
    const without = await listing(() => codesOfPart(part, source, within));
    // What is taken away and cannot be listed makes doubtful whatever it may take away.
    if (without === undefined)
      for (const system of systemsOf(part)) {
        open.add(system);
        whole.delete(system);
      }
    const gone = new Set((without ?? []).map(({ system, code }) => `${system}|${code}`));
    kept = kept.filter(
      ({ system, code }) => !gone.has(`${system}|${code}`) && (without !== undefined || !systemsOf(part).has(system)),
    );
  }
  return { ...setsOf(kept), open, whole };
}

interface Part extends Readonly<Record<string, unknown>> {
  readonly system?: string;
  readonly valueSet?: readonly string[];
}

async function addPart(
  part: Part,
  source: TerminologySource,
  within: readonly string[],
  found: { readonly listed: Member[]; readonly open: Set<string>; readonly whole: Set<string> },
): Promise<void> {
  const members = await listing(() => codesOfPart(part, source, within));
  if (members !== undefined) {
    for (const one of members) found.listed.push(one);
    return;
  }
  if (part.system === undefined && part.valueSet?.length === 1) {
    const other = await membershipOf(part.valueSet[0]!, source, within);
    for (const system of other?.open ?? ['*']) found.open.add(system);
    for (const pair of other?.listed ?? []) {
      const at = pair.indexOf('|');
      found.listed.push({ system: pair.slice(0, at), code: pair.slice(at + 1) });
    }
    return;
  }
  for (const system of systemsOf(part)) found.open.add(system);
  if (part.system !== undefined && part['filter'] === undefined && part.valueSet === undefined)
    found.whole.add(part.system);
}

/** The systems that codes of a part can be of. */
const systemsOf = ({ system }: Part): ReadonlySet<string> => new Set([system ?? '*']);

/** Undefined where the codes cannot be listed here. */
async function listing(list: () => Promise<readonly Member[]>): Promise<readonly Member[] | undefined> {
  try {
    return await list();
  } catch (error) {
    if (error instanceof Failure && (error.category === 'invalid' || error.category === 'too-costly')) return undefined;
    throw error;
  }
}

const setsOf = (members: readonly Member[]): Pick<Membership, 'listed' | 'bare'> => ({
  listed: new Set(members.map(({ system, code }) => `${system}|${code}`)),
  bare: new Set(members.map(({ code }) => code)),
});
