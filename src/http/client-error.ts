import type { Duplex } from 'node:stream';
import { stringifyJson } from '../fhir/json.js';
import { operationOutcome } from '../fhir/operation-outcome.js';
import { Failure } from '../kernel/failure.js';

/**
 * Answers what Node.js could not read as HTTP at all, so that even this is an OperationOutcome. Event `clientError` of the
 * server; the connection is closed. https://nodejs.org/api/http.html#event-clienterror
 */
export function answerUnreadable(error: Error & { readonly code?: string }, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, sentence] = sentences[error.code ?? ''] ?? ['400 Bad Request', 'This is not HTTP that can be read.'];
  const body = Buffer.from(stringifyJson(operationOutcome(new Failure('invalid', sentence))));
  socket.end(
    Buffer.concat([
      Buffer.from(
        `HTTP/1.1 ${status}\r\nContent-Type: application/fhir+json; charset=utf-8\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`,
      ),
      body,
    ]),
  );
}

const sentences: Readonly<Record<string, readonly [string, string]>> = {
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    'The URL and headers are too long; send a long search by POST [type]/_search.',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request did not come to its end in time.'],
};
