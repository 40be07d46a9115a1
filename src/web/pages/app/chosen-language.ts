import { type Language, languages } from '../words/language.js';

const kept = 'hjemmebro.language';

/** The one chosen before, else the browser's, else bokmål. */
export function startLanguage(): Language {
  const wanted = localStorage.getItem(kept) ?? navigator.language.slice(0, 2);
  return languages.find((one) => one === wanted) ?? 'nb';
}

export function keepLanguage(language: Language): void {
  localStorage.setItem(kept, language);
}
