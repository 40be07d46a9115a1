/** LOINC and SNOMED CT spellings of what the benchmark measures: oxygen saturation and heart rate. */
export const measurements = [
  {
    profile: 'http://hl7.org/fhir/StructureDefinition/oxygensat',
    codings: [
      { system: 'http://loinc.org', code: '59408-5', display: 'Oxygen saturation in Arterial blood by Pulse oximetry' },
      { system: 'http://loinc.org', code: '2708-6', display: 'Oxygen saturation in Arterial blood' },
      { system: 'http://snomed.info/sct', code: '431314004', display: 'Peripheral oxygen saturation' },
    ],
    text: 'Oksygenmetning (SpO₂)',
    unit: { unit: '%', system: 'http://unitsofmeasure.org', code: '%' },
    low: 88,
  },
  {
    profile: 'http://hl7.org/fhir/StructureDefinition/heartrate',
    codings: [
      { system: 'http://loinc.org', code: '8867-4', display: 'Heart rate' },
      { system: 'http://snomed.info/sct', code: '364075005', display: 'Heart rate' },
    ],
    text: 'Puls',
    unit: { unit: 'slag/min', system: 'http://unitsofmeasure.org', code: '/min' },
    low: 60,
  },
] as const;

const begin = Date.UTC(2026, 0, 1);

/**
 * JSON text of a home measurement, about 1.5 KB, as a device gateway sends it.
 *
 * @param number decides value and time: no two are alike
 */
export function observationText(patient: string, number: number, which: 0 | 1 = 0): string {
  const { profile, codings, text, unit, low } = measurements[which];
  const time = new Date(begin + number * 61_000).toISOString();
  return JSON.stringify({
    resourceType: 'Observation',
    meta: { profile: [profile] },
    identifier: [{ system: 'http://maaleutstyr.example/reading', value: `reading-${which}-${number}` }],
    status: 'final',
    category: [
      {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/observation-category',
            code: 'vital-signs',
            display: 'Vital Signs',
          },
        ],
        text: 'Vitale tegn',
      },
    ],
    code: { coding: codings, text },
    subject: { reference: `Patient/${patient}` },
    effectiveDateTime: time,
    issued: time,
    performer: [
      {
        identifier: { system: 'urn:oid:2.16.578.1.12.4.1.4.101', value: '310000043' },
        display: 'Fjordheim Måleutstyr AS',
      },
    ],
    valueQuantity: { value: low + (number % 100) / 10, ...unit },
    method: { text: 'Målt hjemme av pasienten med utlånt utstyr' },
    device: {
      identifier: { system: 'http://maaleutstyr.example/serial', value: `PO-${(number % 40) + 1000}` },
      display: 'Pulsoksymeter',
    },
    referenceRange: [{ low: { value: low, ...unit }, text: 'Avtalt nedre grense' }],
    note: [{ text: 'Målingen er tatt i ro, sittende, etter fem minutters hvile.' }],
  });
}
