// https://hl7.org/fhir/R4/search.html#text, #content
import { Failure } from '../../kernel/failure.js';
import { wordsOf } from '../words.js';
import { splitEscaped, unescapeValue } from './escapes.js';
import type { Condition, WordsValue } from './request.js';

const refused: Readonly<Record<string, string>> = {
  _query: 'No named queries (_query) are defined here; use the search parameters of the type.',
};

/** @throws Failure `invalid` for parameters of the specification that this server does not have */
export function refuseSpecial(name: string): void {
  const [code = ''] = name.split(':');
  if (Object.hasOwn(refused, code)) throw new Failure('invalid', refused[code]!, { code: 'not-supported' });
}

/**
 * Words that must all be there; `"in this order"` is a phrase, `diab*` a beginning, `OR` and a comma stand between
 * alternatives.
 */
export function parseWords(name: string, value: string): Condition | undefined {
  if (value.replaceAll(',', '').trim() === '') return undefined;
  const any = splitEscaped(value, ',')
    .flatMap((text) => unescapeValue(text).split(/\sOR\s/))
    .map(allOf)
    .filter((all) => all.length > 0);
  if (any.length === 0)
    throw new Failure('invalid', `Parameter ${name}: write words, "a phrase" or the beginning of a word*.`, {
      code: 'value',
    });
  return { op: 'words', where: name === '_text' ? 'narrative' : 'content', any };
}

function allOf(text: string): WordsValue {
  return [...text.matchAll(/"([^"]*)"|([^\s"]+)/g)].flatMap(([, phrase, plain]) => {
    if (phrase === undefined && plain === 'AND') return [];
    const words = wordsOf(phrase ?? plain!);
    return words.length === 0 ? [] : [{ words, begins: phrase === undefined && plain!.endsWith('*') }];
  });
}
