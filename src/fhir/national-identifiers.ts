/**
 * Norwegian identifiers: systems and check digits. Sex, century and birth date are never derived from a number (from 2032
 * they can't be); a date inside it is only checked for being one.
 */
export const identifierSystems = {
  /** Fødselsnummer. */
  fnr: 'urn:oid:2.16.578.1.12.4.1.4.1',
  /** D-nummer. */
  dnr: 'urn:oid:2.16.578.1.12.4.1.4.2',
  /** Felles hjelpenummer. */
  fhn: 'urn:oid:2.16.578.1.12.4.1.4.3',
  /** Helsepersonellregisteret. */
  hpr: 'urn:oid:2.16.578.1.12.4.1.4.4',
  /** DUF-nummer. */
  duf: 'urn:oid:2.16.578.1.12.4.1.4.5',
  /** Organisasjonsnummer in Enhetsregisteret. */
  enh: 'urn:oid:2.16.578.1.12.4.1.4.101',
  /** Register for enheter i spesialisthelsetjenesten. */
  resh: 'urn:oid:2.16.578.1.12.4.1.4.102',
  /** HER-id in Adresseregisteret. */
  herId: 'urn:oid:2.16.578.1.12.4.1.2',
} as const;

const identityNumberSystems: ReadonlySet<string> = new Set([
  identifierSystems.fnr,
  identifierSystems.dnr,
  identifierSystems.fhn,
]);

/** Whether values of this system are national identity numbers of persons, which must stay out of URLs and logs. */
export const isIdentityNumberSystem = (system: string): boolean => identityNumberSystems.has(system);

export interface IdentityNumber {
  readonly kind: 'fnr' | 'dnr' | 'fhn';
  /** Whose series of test numbers it is, by what was added to the month: NAV 40, NHN 65, Skatteetaten (Tenor) 80. */
  readonly synthetic?: 'nav' | 'nhn' | 'tenor';
  /** The rule its first check digit follows; `2032` numbers are only issued from 2032-01-01. */
  readonly rule: 'standard' | '2032';
}

const firstWeights = [3, 7, 6, 1, 8, 9, 4, 5, 2, 1];
const secondWeights = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1];
const organisationWeights = [3, 2, 7, 6, 5, 4, 3, 2, 1];

/** Remainder of the weighted sum including the check digit itself: 0 where the digit is right. */
function remainder(digits: string, weights: readonly number[]): number {
  let sum = 0;
  for (let index = 0; index < weights.length; index += 1) sum += (digits.charCodeAt(index) - 48) * weights[index]!;
  return sum % 11;
}

/**
 * Eleven digits → what kind of identity number they are, or undefined where they are none.
 * Check digits: https://skatteetaten.github.io/folkeregisteret-api-dokumentasjon/nytt-fodselsnummer-fra-2032/
 */
export function identityNumber(value: string): IdentityNumber | undefined {
  if (!/^\d{11}$/.test(value) || remainder(value, secondWeights) !== 0) return undefined;
  const first = remainder(value, firstWeights);
  if (first > 3) return undefined;
  const rule = first === 0 ? 'standard' : '2032';
  if (value >= '8') return rule === 'standard' ? { kind: 'fhn', rule } : undefined;
  const day = Number(value.slice(0, 2));
  const month = calendarMonth(Number(value.slice(2, 4)));
  if (month === undefined || !isDayOfMonth(day > 40 ? day - 40 : day, month.number)) return undefined;
  return { kind: day > 40 ? 'dnr' : 'fnr', rule, ...(month.synthetic && { synthetic: month.synthetic }) };
}

function calendarMonth(month: number): { number: number; synthetic?: 'nav' | 'nhn' | 'tenor' } | undefined {
  if (month >= 1 && month <= 12) return { number: month };
  if (month >= 41 && month <= 52) return { number: month - 40, synthetic: 'nav' };
  if (month >= 66 && month <= 77) return { number: month - 65, synthetic: 'nhn' };
  if (month >= 81 && month <= 92) return { number: month - 80, synthetic: 'tenor' };
  return undefined;
}

/** The century is unknown, so 29 February is always possible. */
const isDayOfMonth = (day: number, month: number): boolean =>
  day >= 1 && day <= [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!;

/** Nine digits with the right check digit. `production` also demands the first digit 8 or 9, which test numbers lack. */
export function isOrganisationNumber(value: string, options: { readonly production?: boolean } = {}): boolean {
  return (
    /^\d{9}$/.test(value) &&
    remainder(value, organisationWeights) === 0 &&
    (options.production !== true || value >= '8')
  );
}

/**
 * What is wrong with an identifier of a Norwegian system, as a sentence without the value; undefined where nothing is, and
 * for systems without a known rule.
 *
 * @param options `allowSynthetic` accepts test numbers (never in production)
 */
export function identifierProblem(
  system: string,
  value: string,
  options: { readonly allowSynthetic: boolean },
): string | undefined {
  if (isIdentityNumberSystem(system)) {
    const number = identityNumber(value);
    if (number === undefined)
      return 'This is not a valid identity number: it needs 11 digits and correct check digits.';
    if (identifierSystems[number.kind] !== system)
      return `This number is of another kind than its system says; its system is ${identifierSystems[number.kind]}.`;
    if (number.synthetic !== undefined && !options.allowSynthetic)
      return 'This is a test number, which is not accepted here.';
  }
  if (system === identifierSystems.enh && !isOrganisationNumber(value, { production: !options.allowSynthetic })) {
    return 'This is not a valid organisation number: it needs 9 digits and a correct check digit.';
  }
  if ((system === identifierSystems.hpr || system === identifierSystems.herId) && !/^\d{1,9}$/.test(value)) {
    return 'This identifier needs 1 to 9 digits.';
  }
  return undefined;
}

/** Whether the text as a whole is a valid identity number, also when written in two groups: `131169 00216`. */
export function looksLikeIdentityNumber(text: string): boolean {
  const match = /^\s*(\d{6})[\s.-]?(\d{5})\s*$/.exec(text);
  return match !== null && identityNumber(match[1]! + match[2]!) !== undefined;
}

const elevenDigits = /(?<![0-9A-Za-z])\d{6}[ .-]?\d{5}(?![0-9A-Za-z])/g;

/** The text with every valid identity number in it replaced by `***********`; for what may reach a log. */
export const withoutIdentityNumbers = (text: string): string =>
  text.replace(elevenDigits, (digits) => (looksLikeIdentityNumber(digits) ? '***********' : digits));
