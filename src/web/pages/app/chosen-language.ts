import { type Language, languages } from '../words/language.js';

const kept = 'hjemmebro.language';

/**
 * The one chosen before, else nynorsk where the browser asks for it, else bokmål. English is a choice: computers of the health
 * service are often set to English, their readers seldom are.
 */
export function startLanguage(): Language {
  const before = languages.find((one) => one === localStorage.getItem(kept));
  return before ?? (navigator.language.startsWith('nn') ? 'nn' : 'nb');
}

export function keepLanguage(language: Language): void {
  localStorage.setItem(kept, language);
}
