import vm from 'node:vm';
import { Failure } from './failure.js';

const room = vm.createContext({ work: undefined as unknown });
const script = new vm.Script('work()');

/**
 * Runs what only a client's expression decides the length of (FHIRPath of a stored profile, a regular expression in it), and
 * breaks it off: nothing else runs meanwhile. Costs some hundred microseconds.
 *
 * @throws Failure `too-costly` after so many milliseconds; whatever the work throws
 */
export function withinTime<T>(milliseconds: number, work: () => T): T {
  // What the work throws passes by the other context as it is.
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined;
  room['work'] = () => {
    try {
      outcome = { value: work() };
    } catch (error) {
      outcome = { error };
    }
  };
  try {
    script.runInContext(room, { timeout: milliseconds });
  } catch (cause) {
    throw new Failure('too-costly', 'An expression took too long to evaluate.', { cause });
  } finally {
    room['work'] = undefined;
  }
  if (outcome !== undefined && 'value' in outcome) return outcome.value;
  throw outcome?.error ?? new Failure('fault', 'The work did not end.');
}
