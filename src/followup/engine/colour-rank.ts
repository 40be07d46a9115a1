import type { AlertColour } from '../ruleset/grammar.js';

const ranks: Readonly<Record<AlertColour, number>> = { green: 0, yellow: 1, red: 2, blue: 0, grey: 0, technical: 0 };

/** How bad a colour is; only green, yellow and red differ. */
export function rankOf(colour: AlertColour): number {
  return ranks[colour];
}

/** The worst of several, undefined of none. */
export function worstOf<T extends AlertColour>(colours: readonly T[]): T | undefined {
  return colours.reduce<T | undefined>(
    (worst, colour) => (worst === undefined || rankOf(colour) > rankOf(worst) ? colour : worst),
    undefined,
  );
}
