// https://hl7.org/fhir/R4/location.html#positional
import { isNumber, numberOf } from '../../fhir/json-number.js';
import { asRecord, type Collect } from './extraction.js';

/** Location.position → one row, where both degrees are there and possible. */
export function collectPositions(param: string): Collect {
  return (value, extraction) => {
    const { latitude, longitude } = asRecord(value) ?? {};
    if (!isNumber(latitude) || !isNumber(longitude)) return;
    const row = { kind: 'position', param, latitude: numberOf(latitude), longitude: numberOf(longitude) } as const;
    if (Math.abs(row.latitude) <= 90 && Math.abs(row.longitude) <= 180) extraction.rows.push(row);
  };
}
