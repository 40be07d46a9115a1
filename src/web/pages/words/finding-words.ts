import type { PlanCheck } from '../../../followup/lint/plan-check.js';
import type { Text } from './language.js';

/** What a plan was looked through for and found, as sentences. `{what}` is the measure or rule that it is about. */
export const findingWords: Readonly<Record<PlanCheck, Text>> = {
  unit: [
    '{what}: «{unit}» er ingen gyldig enhet.',
    '{what}: «{unit}» er inga gyldig eining.',
    '{what}: “{unit}” is no valid unit.',
  ],
  'unit-dimension': [
    '{what}: målingene kommer i {expected-unit}, som ikke kan regnes om til {unit}.',
    '{what}: målingane kjem i {expected-unit}, som ikkje kan reknast om til {unit}.',
    '{what}: readings come in {expected-unit}, which cannot be converted to {unit}.',
  ],
  'zone-gap': [
    '{what}: {value} {unit} er ikke i noen sone.',
    '{what}: {value} {unit} er ikkje i noka sone.',
    '{what}: {value} {unit} is in no zone.',
  ],
  'zone-overlap': [
    '{what}: {value} {unit} er i flere soner ({zones}).',
    '{what}: {value} {unit} er i fleire soner ({zones}).',
    '{what}: {value} {unit} is in several zones ({zones}).',
  ],
  'bound-outside': [
    '{what}: grensen {value} {unit} ligger utenfor det som er mulig.',
    '{what}: grensa {value} {unit} ligg utanfor det som er mogleg.',
    '{what}: the limit {value} {unit} lies outside what is possible.',
  ],
  'empty-range': [
    '{what}: ingen verdi passer i et av områdene ({value}).',
    '{what}: ingen verdi passar i eitt av områda ({value}).',
    '{what}: no value fits in one of the ranges ({value}).',
  ],
  'zone-order': [
    '{what}: en verre sone ligger inne i en bedre.',
    '{what}: ei verre sone ligg inne i ei betre.',
    '{what}: a worse zone lies inside a better one.',
  ],
  'no-default-context': [
    '{what}: grensene avhenger av hvordan det måles, men mangler for målinger som ikke sier det.',
    '{what}: grensene er avhengige av korleis det blir målt, men manglar for målingar som ikkje seier det.',
    '{what}: the limits depend on how it is measured, but there are none for readings that do not tell.',
  ],
  'missing-measure': [
    'Regelen «{what}» ser på {measure}, som planen ikke måler.',
    'Regelen «{what}» ser på {measure}, som planen ikkje måler.',
    'The rule “{what}” looks at {measure}, which the plan does not measure.',
  ],
  'unknown-member': [
    'Regelen «{what}» trenger regelen «{member}», som planen ikke har.',
    'Regelen «{what}» treng regelen «{member}», som planen ikkje har.',
    'The rule “{what}” needs the rule “{member}”, which the plan does not have.',
  ],
  cyclic: [
    'Regelen «{what}» trenger seg selv.',
    'Regelen «{what}» treng seg sjølv.',
    'The rule “{what}” needs itself.',
  ],
  'limits-missing': [
    '{what} skal måles, men har verken grenser eller regel: ingenting vurderer målingene.',
    '{what} skal målast, men har verken grenser eller regel: ingenting vurderer målingane.',
    '{what} is to be measured, but has neither limits nor a rule: nothing judges the readings.',
  ],
  'limits-unused': [
    '{what} har grenser, men ingen regel bruker dem: ingen måling holdes opp mot dem.',
    '{what} har grenser, men ingen regel bruker dei: inga måling blir halden opp mot dei.',
    '{what} has limits, but no rule uses them: no reading is held against them.',
  ],
  'blind-schedule': [
    'Regelen «{what}» ser {window} tilbake, men {measure} måles sjeldnere enn det.',
    'Regelen «{what}» ser {window} tilbake, men {measure} blir målt sjeldnare enn det.',
    'The rule “{what}” looks back {window}, but {measure} is measured less often than that.',
  ],
  'readings-unattainable': [
    'Regelen «{what}» trenger flere målinger av {measure} enn planen ber om.',
    'Regelen «{what}» treng fleire målingar av {measure} enn planen ber om.',
    'The rule “{what}” needs more readings of {measure} than the plan asks for.',
  ],
  'escalation-unattainable': [
    'Gjentatte funn: planen venter på {needed} ganger {colour} på {window}, men reglene kan gi høyst {possible}.',
    'Gjentekne funn: planen ventar på {needed} gonger {colour} på {window}, men reglane kan gi høgst {possible}.',
    'Repeated findings: the plan waits for {needed} times {colour} in {window}, but its rules give at most {possible}.',
  ],
  'rule-unreachable': [
    'Regelen «{what}» kan aldri gi varsel.',
    'Regelen «{what}» kan aldri gi varsel.',
    'The rule “{what}” can never give an alert.',
  ],
  'colour-unreachable': [
    'Regelen «{what}» kan aldri bli {colour}.',
    'Regelen «{what}» kan aldri bli {colour}.',
    'The rule “{what}” can never turn {colour}.',
  ],
  'templates-disagree': [
    '{what}: det én mal kaller grønt, er rødt i en annen ({from} til {to} {unit}). Rødt gjelder.',
    '{what}: det éin mal kallar grønt, er raudt i ein annan ({from} til {to} {unit}). Raudt gjeld.',
    '{what}: what one template calls green is red in another ({from} to {to} {unit}). Red counts.',
  ],
  'no-opening-hours': [
    'Planen sier ikke når oppfølgingssenteret er åpent.',
    'Planen seier ikkje når oppfølgingssenteret er ope.',
    'The plan does not say when the follow-up centre is open.',
  ],
  'no-after-hours': [
    'Planen sier ikke hvem som tar røde varsler utenom åpningstiden.',
    'Planen seier ikkje kven som tek raude varsel utanom opningstida.',
    'The plan does not say who takes red alerts outside opening hours.',
  ],
};

/** Inside a sentence. */
export const colourInSentence: Readonly<Record<string, Text>> = {
  green: ['grønt', 'grønt', 'green'],
  yellow: ['gult', 'gult', 'yellow'],
  red: ['rødt', 'raudt', 'red'],
};

const durations = [
  [
    ['år', 'år', 'year'],
    ['år', 'år', 'years'],
  ],
  [
    ['måned', 'månad', 'month'],
    ['måneder', 'månader', 'months'],
  ],
  [
    ['uke', 'veke', 'week'],
    ['uker', 'veker', 'weeks'],
  ],
  [
    ['dag', 'dag', 'day'],
    ['dager', 'dagar', 'days'],
  ],
  [
    ['time', 'time', 'hour'],
    ['timer', 'timar', 'hours'],
  ],
  [
    ['minutt', 'minutt', 'minute'],
    ['minutter', 'minutt', 'minutes'],
  ],
] as const satisfies readonly (readonly [one: Text, several: Text])[];

/** `P7D` → `7 dager`; a form that is not known is given as it stands. https://www.iso.org/iso-8601-date-and-time-format.html */
export function lengthWords(duration: string, say: (text: Text) => string): string {
  const found = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(duration);
  const words = (found ?? []).slice(1).flatMap((number, index) => {
    const [one, several] = durations[index]!;
    return number === undefined ? [] : [`${Number(number)} ${say(Number(number) === 1 ? one : several)}`];
  });
  return words.length === 0 ? duration : words.join(' ');
}
