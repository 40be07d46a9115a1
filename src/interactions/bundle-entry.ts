import type { FhirRequest } from './request.js';

/** One entry, its request as a FhirRequest. */
export interface BundleEntry {
  readonly index: number;
  readonly fullUrl?: string;
  readonly request: FhirRequest;
}
