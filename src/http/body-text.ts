import type { Request } from 'express';
import { Failure } from '../kernel/failure.js';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
const patchTypes = /^(application\/json-patch\+json|application\/json)\s*(;|$)/i;
const jsonTypes = /^(application\/fhir\+json|application\/json|text\/json)\s*(;|$)/i;

/**
 * The body that the raw parser read, as text. FHIR is always UTF-8.
 *
 * @throws Failure unsupported-media (another content type), invalid (not UTF-8)
 */
export function readBodyText(req: Request, { isForm }: { readonly isForm: boolean }): string | undefined {
  const body: unknown = req.body;
  if (!Buffer.isBuffer(body) || body.length === 0) return undefined;
  const type = req.headers['content-type'];
  if (req.method === 'PATCH' && (type === undefined || !patchTypes.test(type))) {
    throw new Failure(
      'unsupported-media',
      `A patch must be application/json-patch+json${type === undefined ? '; it has no Content-Type' : `, not ${type.slice(0, 80)}`}.`,
    );
  }
  if (req.method !== 'PATCH' && !isForm && (type === undefined || !jsonTypes.test(type))) {
    throw new Failure(
      'unsupported-media',
      `The body must be application/fhir+json${type === undefined ? '; it has no Content-Type' : `, not ${type.slice(0, 80)}`}.`,
    );
  }
  const charset = /charset\s*=\s*"?([^\s;"]+)/i.exec(type ?? '')?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset))
    throw new Failure('unsupported-media', `The body must be in UTF-8, not ${charset.slice(0, 40)}.`);
  try {
    return decoder.decode(body);
  } catch {
    throw new Failure('invalid', 'The body is not valid UTF-8.', { code: 'structure' });
  }
}
