import type { IndexRow } from '../index-row.js';

/** What is known while the rows of one resource are collected. */
export interface Extraction {
  readonly rows: IndexRow[];
  /** Zone of dates without an offset. */
  readonly zone: string;
  /** The server's own base URL: absolute references below it are local. */
  readonly base: string | undefined;
  readonly resource: object;
  /** Repetitions of a numbered element met so far on the present path. */
  met: number;
}

/** Takes one value that an expression found and adds its rows. Values of a wrong shape add none. */
export type Collect = (value: unknown, extraction: Extraction) => void;

/** Any JSON object, seen as a record; undefined for everything else. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** A non-empty string, or undefined. */
export const asText = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** The elements of an array, the value itself, or nothing. */
export const asList = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
