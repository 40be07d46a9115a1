// https://hl7.org/fhir/R4/location.html#positional
import type { PositionValue } from '../../search/parse/request.js';
import type { SearchContext } from './search-context.js';

const earthRadius = 6_371_008.8;

/** Within the distance on a sphere; the latitudes between which it lies are what the index holds. */
export function positionRow(s: string, { latitude, longitude, metres }: PositionValue, context: SearchContext): string {
  const degree = (value: number): string => context.bind(value, 'float8');
  const reach = (metres / earthRadius) * (180 / Math.PI) + 1e-9;
  const [lat, lon] = [degree(latitude), degree(longitude)];
  const half = (a: string, b: string): string => `power(sin(radians(${a} - ${b}) / 2), 2)`;
  const distance =
    `${2 * earthRadius} * asin(least(1, sqrt(${half(`${s}.latitude`, lat)} +` +
    ` cos(radians(${lat})) * cos(radians(${s}.latitude)) * ${half(`${s}.longitude`, lon)})))`;
  return `(${s}.latitude between ${degree(latitude - reach)} and ${degree(latitude + reach)} and ${distance} <= ${degree(metres)})`;
}
