// https://hl7.org/fhir/R4/observation-vitalsigns.html – the codes that say which profile an Observation must fit
import { isObject, type JsonObject } from '../visit.js';

const byCode: Readonly<Record<string, string>> = {
  '85353-1': 'vitalspanel',
  '9279-1': 'resprate',
  '8867-4': 'heartrate',
  '2708-6': 'oxygensat',
  '8310-5': 'bodytemp',
  '8302-2': 'bodyheight',
  '9843-4': 'headcircum',
  '29463-7': 'bodyweight',
  '39156-5': 'bmi',
  '85354-9': 'bp',
};

const url = (name: string): string => `http://hl7.org/fhir/StructureDefinition/${name}`;

/** The vital signs profiles of R4 that an Observation must fit by its code or category, whether it names them or not. */
export function vitalSignsProfiles(resource: JsonObject): readonly string[] {
  if (resource.resourceType !== 'Observation') return [];
  const codes = codingsOf(resource.code)
    .filter(({ system }) => system === 'http://loinc.org')
    .flatMap(({ code }) => (typeof code === 'string' && Object.hasOwn(byCode, code) ? [url(byCode[code]!)] : []));
  if (codes.length > 0) return [...new Set(codes)];
  const categories = Array.isArray(resource.category) ? resource.category.flatMap(codingsOf) : [];
  return categories.some(
    ({ system, code }) =>
      system === 'http://terminology.hl7.org/CodeSystem/observation-category' && code === 'vital-signs',
  )
    ? [url('vitalsigns')]
    : [];
}

const codingsOf = (concept: unknown): readonly JsonObject[] =>
  isObject(concept) && Array.isArray(concept.coding) ? concept.coding.filter(isObject) : [];
