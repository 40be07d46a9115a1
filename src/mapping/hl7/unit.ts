// Units as hospitals and devices write them → UCUM: https://ucum.org/ucum

/** Spellings that are not UCUM themselves, IEEE 11073 names of units (IHE PCD) among them. */
const spellings: Readonly<Record<string, string>> = {
  mmHg: 'mm[Hg]',
  'mm Hg': 'mm[Hg]',
  '/min': '/min',
  bpm: '/min',
  BPM: '/min',
  'slag/min': '/min',
  'beats/min': '/min',
  '{beats}/min': '/min',
  'breaths/min': '/min',
  '{breaths}/min': '/min',
  'pust/min': '/min',
  '1/min': '/min',
  '°C': 'Cel',
  'º C': 'Cel',
  C: 'Cel',
  degC: 'Cel',
  'grader C': 'Cel',
  '°F': '[degF]',
  prosent: '%',
  liter: 'L',
  'E9/L': '10*9/L',
  '10^9/L': '10*9/L',
  '10e9/L': '10*9/L',
  'E12/L': '10*12/L',
  '10^12/L': '10*12/L',
  'µg/L': 'ug/L',
  'μg/L': 'ug/L',
  'µmol/L': 'umol/L',
  'μmol/L': 'umol/L',
  'mikromol/L': 'umol/L',
  'ml/min/1.73m2': 'mL/min/{1.73_m2}',
  'mL/min/1,73 m2': 'mL/min/{1.73_m2}',
  sek: 's',
  timer: 'h',
  MDC_DIM_MMHG: 'mm[Hg]',
  MDC_DIM_BEAT_PER_MIN: '/min',
  MDC_DIM_RESP_PER_MIN: '/min',
  MDC_DIM_PERCENT: '%',
  MDC_DIM_DEGC: 'Cel',
  MDC_DIM_KILO_G: 'kg',
  MDC_DIM_CENTI_M: 'cm',
  MDC_DIM_MILLI_MOLE_PER_L: 'mmol/L',
  MDC_DIM_X_L_PER_MIN: 'L/min',
  MDC_DIM_X_L: 'L',
};

/** Spellings that are UCUM as they stand; anything else is a unit only where the sender says that it is UCUM. */
const ucum = new Set(
  (
    '% kg g mg ug ng cm mm m L mL dL mmol mol /min L/min mL/min L/s mmol/L umol/L nmol/L pmol/L g/L mg/L ug/L ng/L g/dL mg/dL mmol/mol ' +
    'U/L kU/L mU/L U/mL m[IU]/L k[IU]/L kPa Pa Cel [degF] s min h d a kg/m2 10*9/L 10*12/L 10*6/L mm[Hg] mL/min/{1.73_m2} 1 {score} fL pg ' +
    'mm/h m/s ms Hz mosm/kg mOsm/kg mV W kcal kJ {steps} [lb_av] [in_i]'
  ).split(' '),
);

/**
 * The UCUM code of a unit; undefined where it cannot be told.
 *
 * @param system CE.3 of OBX-6, where it is sent
 */
export function ucumOf(unit: string, system?: string): string | undefined {
  const known = spellings[unit];
  if (known !== undefined) return known;
  return ucum.has(unit) || /^(UCUM|2\.16\.840\.1\.113883\.6\.8)$/i.test(system ?? '') ? unit : undefined;
}
