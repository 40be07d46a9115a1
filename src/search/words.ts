import { fold } from './fold.js';

const longestWord = 100;

/** The words of a text as full text is compared: folded, letters and digits only. */
export const wordsOf = (text: string): string[] =>
  fold(text)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .map((word) => word.slice(0, longestWord));
