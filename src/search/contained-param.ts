/**
 * Under which parameters the rows of contained resources are stored: the container's own rows, so that they come and go with
 * it. `#0.Medication.code` is `code` of the first contained resource, a Medication; `#0.Medication` its id.
 */
export const containedParam = (place: number, type: string, code: string): string =>
  `${containedName(place, type)}.${code}`;

export const containedName = (place: number, type: string): string => `${containedTarget(place)}.${type}`;

/** The target id of a reference to a contained resource. No resource has such an id. */
export const containedTarget = (place: number): string => `#${place}`;

/** Contained resources of one resource that can be searched for; further ones are not found. */
export const mostContained = 10;
