/**
 * What a browser may do on our pages, beside what `http/security-headers.ts` says of everything: run and load our own files,
 * talk to this server and to the token issuers, nothing else. No script is ever made from text.
 * https://www.w3.org/TR/CSP3/ · https://w3c.github.io/trusted-types/dist/spec/
 *
 * @param connect further origins that the pages fetch from, such as `https://helseid.example`
 */
export function pagePolicy(connect: readonly string[]): Readonly<Record<string, string>> {
  const policy = {
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': "'self'",
    'connect-src': ["'self'", ...connect].join(' '),
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
    'require-trusted-types-for': "'script'",
  };
  return {
    'Content-Security-Policy': Object.entries(policy)
      .map(([name, value]) => `${name} ${value}`)
      .join('; '),
    'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
  };
}
