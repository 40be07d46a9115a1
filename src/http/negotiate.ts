// https://hl7.org/fhir/R4/http.html#mime-type
import type { Request } from 'express';
import { Failure } from '../kernel/failure.js';

const json = /^(json|application\/fhir\+json|application\/json|text\/json|application\/\*|\*\/\*|\*)$/i;

/**
 * Demands that the caller takes FHIR JSON: `_format` first, then Accept.
 *
 * @throws Failure('not-acceptable')
 */
export function demandFormat(req: Pick<Request, 'url' | 'headers'>): void {
  const format = /[?&]_format=([^&]*)/.exec(req.url)?.[1];
  const wanted = format === undefined ? (req.headers.accept ?? '*/*').split(',') : [safeDecode(format)];
  if (wanted.some((type) => json.test(type.split(';')[0]!.trim()))) return;
  throw new Failure(
    'not-acceptable',
    'This server answers in FHIR JSON: use Accept: application/fhir+json or _format=json.',
  );
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', '%2B'));
  } catch {
    return text;
  }
}
