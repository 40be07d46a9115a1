// https://hl7.org/fhir/R4/location.html#positional
import type { PositionValue } from '../../search/parse/request.js';
import type { SearchContext } from './search-context.js';

const earthRadius = 6_371_008.8;

/** Metres on a sphere between a row and a place. */
export function distanceSql(
  s: string,
  { latitude, longitude }: Pick<PositionValue, 'latitude' | 'longitude'>,
  context: SearchContext,
): string {
  const [lat, lon] = [context.bind(latitude, 'float8'), context.bind(longitude, 'float8')];
  const half = (a: string, b: string): string => `power(sin(radians(${a} - ${b}) / 2), 2)`;
  return (
    `${2 * earthRadius} * asin(least(1, sqrt(${half(`${s}.latitude`, lat)} +` +
    ` cos(radians(${lat})) * cos(radians(${s}.latitude)) * ${half(`${s}.longitude`, lon)})))`
  );
}

/** Within the distance on a sphere; the latitudes between which it lies are what the index holds. */
export function positionRow(s: string, { latitude, longitude, metres }: PositionValue, context: SearchContext): string {
  const degree = (value: number): string => context.bind(value, 'float8');
  const reach = (metres / earthRadius) * (180 / Math.PI) + 1e-9;
  const distance = distanceSql(s, { latitude, longitude }, context);
  return `(${s}.latitude between ${degree(latitude - reach)} and ${degree(latitude + reach)} and ${distance} <= ${degree(metres)})`;
}
