/** Bokmål, nynorsk, English: the same text in each, side by side so that none is forgotten. */
export type Text = readonly [nb: string, nn: string, en: string];
export type Language = 'nb' | 'nn' | 'en';

export const languages: readonly Language[] = ['nb', 'nn', 'en'];
export const languageNames: Readonly<Record<Language, string>> = { nb: 'Bokmål', nn: 'Nynorsk', en: 'English' };

/** Says a text in one language; `{name}` is replaced by that value. */
export type Say = (text: Text, values?: Readonly<Record<string, string | number>>) => string;

export const sayIn =
  (language: Language): Say =>
  (text, values = {}) =>
    text[languages.indexOf(language)]!.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
