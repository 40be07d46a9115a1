/** What plans are looked through for (`dho-plan-check`), with the text that a person reads. */
export const planCheck = {
  unit: 'Enheten er ikke UCUM',
  'unit-dimension': 'Enheten passer ikke til det som måles',
  'zone-gap': 'En verdi er ikke i noen sone',
  'zone-overlap': 'En verdi er i flere soner',
  'bound-outside': 'En grense ligger utenfor det som er mulig',
  'empty-range': 'Ingen verdi passer i et område',
  'zone-order': 'En verre sone ligger inne i en bedre',
  'no-default-context': 'Grenser mangler når omstendigheten ikke er oppgitt',
  'missing-measure': 'Regelen ser på noe planen ikke måler',
  'unknown-member': 'Regelen trenger en regel planen ikke har',
  cyclic: 'Regelen trenger seg selv',
  'limits-missing': 'Det som skal måles, vurderes ikke av noe',
  'blind-schedule': 'Det måles sjeldnere enn regelen ser tilbake',
  'readings-unattainable': 'Regelen trenger flere målinger enn planen ber om',
  'escalation-unattainable': 'Eskaleringen kan ikke nås',
  'rule-unreachable': 'Regelen kan aldri slå til',
  'colour-unreachable': 'En farge i regelen kan aldri nås',
  'templates-disagree': 'Malene er uenige: grønt i den ene er rødt i den andre',
  'no-opening-hours': 'Planen sier ikke når senteret er åpent',
  'no-after-hours': 'Planen sier ikke hvem som tar røde varsler utenom åpningstiden',
} as const;
export type PlanCheck = keyof typeof planCheck;
