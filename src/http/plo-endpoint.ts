import type { Request, Response } from 'express';
import type { Principal } from '../access/principal.js';
import type { Services } from '../interactions/services.js';
import { Failure } from '../kernel/failure.js';
import { provenRequest } from './dpop-proof.js';
import { asFailure, sendFailure, type FhirEndpoint } from './fhir-endpoint.js';
import { asJson } from './negotiate.js';

export interface PloEndpoint {
  readonly services: Pick<Services, 'definitions' | 'ids' | 'log'>;
  readonly authenticate: FhirEndpoint['authenticate'];
  readonly readBody: FhirEndpoint['readBody'];
  /** Takes a message in; the answer is the AppRec, or nothing for an inbound AppRec. */
  readonly receive: (
    xml: Uint8Array,
    by: Principal,
    contentType: string,
  ) => Promise<{ readonly status: 200 | 204 | 400; readonly body?: Uint8Array; readonly contentType?: string }>;
}

/**
 * `POST /messages/plo`: a message as application/xml → its AppRec, 200 whether accepted or rejected; 204 for an inbound
 * AppRec; 400 only where no AppRec can be made. In an ebXML envelope → its Acknowledgment or MessageError.
 */
export function ploEndpoint({ services, authenticate, readBody, receive }: PloEndpoint) {
  return async (req: Request, res: Response): Promise<void> => {
    const requestId = services.ids.next();
    res.setHeader('X-Request-Id', requestId);
    try {
      const principal = await authenticate(req.headers, provenRequest(req));
      const contentType = req.headers['content-type'] ?? '';
      if (!/^((application|text)\/xml|multipart\/related)\b/i.test(contentType)) {
        throw new Failure(
          'unsupported-media',
          'A message is sent as application/xml, or in ebXML as multipart/related.',
        );
      }
      await readBody(req, res);
      const body: unknown = req.body;
      if (!Buffer.isBuffer(body) || body.length === 0)
        throw new Failure('invalid', 'The body is empty; it must be the XML of a message.');
      const answer = await receive(body, principal, contentType);
      res.status(answer.status);
      if (answer.body === undefined) res.end();
      else res.type(answer.contentType ?? 'application/xml; charset=utf-8').send(Buffer.from(answer.body));
    } catch (error) {
      sendFailure(res, asFailure(error, services, requestId), req.method, { wanted: asJson, services: services });
    }
  };
}
