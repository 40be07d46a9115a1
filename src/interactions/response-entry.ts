import type { BundleEntryText } from './bundle-text.js';
import { bodyText, type FhirResponse } from './request.js';

/** A response as an entry of a response Bundle. */
export function responseEntry(response: FhirResponse): BundleEntryText {
  const { Location, 'Content-Location': content, ETag: etag, 'Last-Modified': modified } = response.headers;
  // A client that follows the Bundle finds every version that was written, the updated ones too.
  const location = Location ?? content;
  return {
    ...(response.body === undefined ? {} : { resourceText: bodyText(response.body) }),
    rest: {
      response: {
        status: String(response.status),
        ...(location === undefined ? {} : { location }),
        ...(etag === undefined ? {} : { etag }),
        ...(modified === undefined ? {} : { lastModified: new Date(modified).toISOString() }),
      },
    },
  };
}
