import type { BundleEntryText } from './bundle-text.js';
import { bodyText, type FhirResponse } from './request.js';

/** A response as an entry of a response Bundle. */
export function responseEntry(response: FhirResponse): BundleEntryText {
  const { Location, 'Content-Location': content, ETag: etag, 'Last-Modified': modified } = response.headers;
  // A client that follows the Bundle finds every version that was written, the updated ones too.
  const location = Location ?? content;
  return {
    ...(response.body === undefined ? {} : { resourceText: resourceText(response.body, response.contentType) }),
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

/** What is no resource, such as the answer to a GraphQL query, is the content of a Binary. */
function resourceText(body: NonNullable<FhirResponse['body']>, contentType: string | undefined): string {
  const text = bodyText(body);
  if (contentType === undefined) return text;
  const type = contentType.split(';')[0]!;
  return JSON.stringify({ resourceType: 'Binary', contentType: type, data: Buffer.from(text).toString('base64') });
}
