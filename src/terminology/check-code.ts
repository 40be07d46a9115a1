// https://hl7.org/fhir/R4/valueset-operation-validate-code.html, https://hl7.org/fhir/R4/codesystem-operation-validate-code.html
import type { Resource } from '../fhir/resource.js';
import { Failure } from '../kernel/failure.js';
import { hierarchyOf, type Member, membersOf, type TerminologySource } from './expand-codes.js';
import { isMemberOf, membershipIn } from './membership.js';

/** A code to be checked; without a system it may be of any that the value set takes codes from. */
export interface GivenCode {
  readonly system?: string;
  readonly version?: string;
  readonly code: string;
  readonly display?: string;
}

export interface Checked {
  readonly result: boolean;
  /** What is wrong, or doubtful. */
  readonly message?: string;
  readonly system?: string;
  readonly code?: string;
  readonly display?: string;
}

interface Options {
  /** May a code that only groups others be used? */
  readonly abstract: boolean;
}

const shown = ({ system, code }: GivenCode): string =>
  `${system === undefined ? '' : `${system}#`}${code}`.slice(0, 200);

/** Is it one of the value set's codes? @throws Failure invalid where that cannot be known here */
export async function checkInValueSet(
  valueSet: Resource,
  given: GivenCode,
  source: TerminologySource,
  options: Options,
): Promise<Checked> {
  const name = String(valueSet['url'] ?? 'given');
  let members: readonly Member[];
  try {
    members = await membersOf(valueSet, source);
  } catch (error) {
    // What cannot be listed can still be told apart by the system.
    const told = error instanceof Failure ? await toldWithoutList(valueSet, given, source) : undefined;
    if (told === undefined) throw error;
    const where = { code: given.code, ...(given.system !== undefined && { system: given.system }) };
    if (told) return { result: true, ...where };
    const message = systemsOf(valueSet).includes(given.system ?? '')
      ? `The code ${shown(given)} is not in the value set ${name}.`
      : `The value set ${name} takes no code of the system ${given.system}.`;
    return { result: false, message };
  }
  const same = members.filter(({ code }) => code === given.code);
  const found = same.find(({ system }) => given.system === undefined || system === given.system);
  if (found === undefined) {
    const [other] = same;
    return {
      result: false,
      message:
        other === undefined
          ? `The code ${shown(given)} is not in the value set ${name}.`
          : `The code ${given.code} is in the value set ${name}, but of the system ${other.system}.`,
    };
  }
  return judged(found, given, options);
}

/** What a list of some of the members, and the grammars of code systems, say; undefined where they say nothing. */
async function toldWithoutList(
  valueSet: Resource,
  { system, code }: GivenCode,
  source: TerminologySource,
): Promise<boolean | undefined> {
  if (system === undefined) return undefined;
  return isMemberOf(await membershipIn(valueSet, source), system, code, source.exists);
}

/** Is it one of the code system's codes? @throws Failure invalid where the system is not known here */
export async function checkInSystem(
  given: GivenCode & { readonly system: string },
  source: TerminologySource,
  options: Options,
): Promise<Checked> {
  const { system, version, code } = given;
  const exists = (await source.codeSystem(system)) === undefined ? source.exists?.(system, code) : undefined;
  if (exists === true) return { result: true, system, code };
  if (exists === false) return { result: false, message: `The code ${shown(given)} is not in the code system.` };
  const hierarchy = await hierarchyOf(version === undefined ? system : `${system}|${version}`, source);
  const found = hierarchy.find(code);
  if (found === undefined) {
    const known = hierarchy.isComplete ? '' : '; not all of its codes are known here';
    return { result: false, message: `The code ${shown(given)} is not in the code system${known}.` };
  }
  const { display } = found.concept;
  return judged(
    {
      system,
      code: found.code,
      ...(typeof display === 'string' && { display }),
      ...(Array.isArray(found.concept.designation) && { designation: found.concept.designation as unknown[] }),
      ...(hierarchy.isAbstract(found.code) && { isAbstract: true }),
    },
    given,
    options,
  );
}

function judged(found: Member, given: GivenCode, { abstract }: Options): Checked {
  const { system, code, display } = found;
  const where = { system, code, ...(display !== undefined && { display }) };
  if (found.isAbstract === true && !abstract)
    return { result: false, message: `The code ${shown(given)} only groups others and is not for use.`, ...where };
  const names = [display, ...(found.designation ?? []).map((one) => (one as { value?: unknown }).value)];
  const same = (name: unknown): boolean => typeof name === 'string' && folded(name) === folded(given.display!);
  if (given.display !== undefined && names.some((name) => name !== undefined) && !names.some(same))
    return {
      result: false,
      message: `The display “${given.display.slice(0, 100)}” is not one of ${shown(given)}; it is “${display ?? ''}”.`,
      ...where,
    };
  return { result: true, ...where };
}

const folded = (text: string): string => text.trim().replace(/\s+/g, ' ').toLowerCase();

function systemsOf(valueSet: Resource): readonly string[] {
  const { include } = (valueSet['compose'] ?? {}) as {
    readonly include?: readonly { readonly system?: string; readonly valueSet?: unknown }[];
  };
  // Other value sets may bring in any system.
  return (include ?? []).flatMap(({ system, valueSet: others }) =>
    system === undefined || others !== undefined ? [] : [system],
  );
}
