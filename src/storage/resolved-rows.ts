/** Repetition of the element that a value stands in; null = no matter. */
type Elements = (number | null)[];

/**
 * Search rows with dictionary ids, as one array per column, ready for `unnest`. Decimals are strings, times milliseconds
 * since 1970; null = the column is empty.
 */
export interface ResolvedRows {
  readonly token: { readonly param: number[]; readonly code: number[]; readonly element: Elements };
  readonly identifier: {
    readonly param: number[];
    readonly system: number[];
    readonly value: string[];
    readonly type: (number | null)[];
    readonly element: Elements;
  };
  readonly date: { readonly param: number[]; readonly low: number[]; readonly high: number[] };
  readonly quantity: {
    readonly param: number[];
    readonly low: string[];
    readonly high: string[];
    readonly system: (number | null)[];
    readonly code: (number | null)[];
    readonly canon: (number | null)[];
    readonly canonLow: (string | null)[];
    readonly canonHigh: (string | null)[];
    readonly unit: (number | null)[];
    readonly element: Elements;
  };
  readonly string: {
    readonly param: number[];
    readonly value: string[];
    readonly exact: string[];
    readonly element: Elements;
  };
  readonly uri: { readonly param: number[]; readonly value: string[] };
  readonly reference: {
    readonly param: number[];
    readonly type: (number | null)[];
    readonly id: (string | null)[];
    readonly version: (string | null)[];
    readonly url: (string | null)[];
    readonly system: (number | null)[];
    readonly value: (string | null)[];
    readonly element: Elements;
  };
  readonly position: { readonly param: number[]; readonly latitude: number[]; readonly longitude: number[] };
}

/** Time-series points with dictionary ids, one array per column. */
export interface ResolvedSeries {
  readonly code: number[];
  readonly low: number[];
  readonly high: number[];
  readonly value: (string | null)[];
  readonly unit: (number | null)[];
  readonly component: boolean[];
}

export const emptyRows = (): ResolvedRows => ({
  token: { param: [], code: [], element: [] },
  identifier: { param: [], system: [], value: [], type: [], element: [] },
  date: { param: [], low: [], high: [] },
  quantity: {
    param: [],
    low: [],
    high: [],
    system: [],
    code: [],
    canon: [],
    canonLow: [],
    canonHigh: [],
    unit: [],
    element: [],
  },
  string: { param: [], value: [], exact: [], element: [] },
  uri: { param: [], value: [] },
  reference: { param: [], type: [], id: [], version: [], url: [], system: [], value: [], element: [] },
  position: { param: [], latitude: [], longitude: [] },
});
