// https://hl7.org/fhir/R4/search.html#text, #content
import type { WordsCondition } from '../../search/parse/request.js';
import type { SearchContext } from './search-context.js';

/** Full text: every word a lexeme as it is, since both sides are folded and cut into words by the same code. */
export function wordsSql(r: string, words: WordsCondition, context: SearchContext): string {
  return `${r}.rid in (select x.rid from sp_text x where x.${words.where} @@ ${context.bind(wordsQuery(words), 'tsquery')})`;
}

/** As the text of a `tsquery`: words are letters and digits only, so nothing needs escaping. */
export const wordsQuery = ({ any }: WordsCondition): string =>
  any.map((all) => `(${all.map(({ words, begins }) => phrase(words, begins)).join(' & ')})`).join(' | ');

const phrase = (words: readonly string[], begins: boolean): string =>
  words.map((word, at) => `'${word}'${begins && at === words.length - 1 ? ':*' : ''}`).join(' <-> ');
