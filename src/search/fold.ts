/** Letters that Unicode does not take apart into a base letter and an accent. */
const letters: Readonly<Record<string, string>> = {
  æ: 'ae',
  ø: 'o',
  œ: 'oe',
  ß: 'ss',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ł: 'l',
  ŧ: 't',
  ŋ: 'n',
  ħ: 'h',
  ı: 'i',
};
const special = new RegExp(`[${Object.keys(letters).join('')}]`, 'g');
const accents = /\p{M}+/gu;
const ascii = /^[\x20-\x7e]*$/;

/**
 * Text as a search compares it: lower case, without accents, white space and punctuation as single spaces. Norwegian
 * spellings of one name meet: `Åse`, `Aase` and `Ase` are all `ase`; `Øyvind` and `Oyvind` are `oyvind`; `Kjær` is
 * `kjaer`. A prefix of a text folds to a prefix of the folded text, so `starts with` is preserved. Who wants the
 * difference uses `:exact`. https://hl7.org/fhir/R4/search.html#string
 */
export function fold(text: string): string {
  let folded = text.toLowerCase();
  if (!ascii.test(folded))
    folded = folded
      .normalize('NFD')
      .replace(accents, '')
      .replace(special, (letter) => letters[letter]!);
  return folded
    .replace(/aa+/g, 'a')
    .replace(/[\s\p{P}]+/gu, ' ')
    .trimStart();
}

/** Values are compared by their first 500 characters, which keeps every index entry within its page; no NUL reaches the database. */
export const longestValue = 500;

/** A value as it is stored in, and compared with, search rows. */
export function bounded(text: string): string {
  const cut = text.length > longestValue ? text.slice(0, longestValue) : text;
  return cut.includes('\0') ? cut.replaceAll('\0', '') : cut;
}
