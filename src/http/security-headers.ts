import helmet from 'helmet';

/** Ours alone, no inline script, nobody frames it. https://www.w3.org/TR/CSP3/ */
const pagePolicy = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'font-src': ["'self'"],
  'connect-src': ["'self'"],
  'manifest-src': ["'self'"],
  'form-action': ["'self'"],
  'base-uri': ["'none'"],
  'object-src': ["'none'"],
  'frame-ancestors': ["'none'"],
};

/** For everything but `/fhir` (its own, below) and `/auth` (no script at all). */
export const securityHeaders = helmet({
  contentSecurityPolicy: { useDefaults: false, directives: pagePolicy },
  referrerPolicy: { policy: 'no-referrer' },
  xFrameOptions: { action: 'deny' },
});

/**
 * What clients stored must never run as a page of this origin, whatever type it claims to be: a Binary may be HTML.
 */
export const dataPolicy = "default-src 'none'; sandbox; frame-ancestors 'none'";
