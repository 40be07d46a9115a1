import { Failure, type IssueCode } from '../kernel/failure.js';

/** How a token is shown. https://www.rfc-editor.org/rfc/rfc6750 · https://www.rfc-editor.org/rfc/rfc9449#section-7 */
export type TokenScheme = 'Bearer' | 'DPoP';

/** The algorithms of DPoP proofs. */
export const proofAlgorithms = [
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
] as const;

/** A refusal that says more in its challenge than that a token is needed. */
export class TokenRefused extends Failure {
  /** https://www.rfc-editor.org/rfc/rfc9449#section-9 */
  readonly nonce?: string;

  constructor(
    what: string,
    readonly challenges: { readonly scheme: TokenScheme; readonly error?: string },
    options: { readonly code?: IssueCode; readonly nonce?: string } = {},
  ) {
    super('unauthenticated', what, { code: options.code ?? 'security' });
    if (options.nonce !== undefined) this.nonce = options.nonce;
  }
}

/**
 * Header WWW-Authenticate of a 401. https://www.rfc-editor.org/rfc/rfc6750#section-3: no error code when the request had no
 * token at all.
 */
export function challenge(failure: Failure): string {
  const { scheme, error } =
    failure instanceof TokenRefused ? failure.challenges : { scheme: 'Bearer' as const, error: undefined };
  const realm = `${scheme} realm="hjemmebro"${scheme === 'DPoP' ? `, algs="${proofAlgorithms.join(' ')}"` : ''}`;
  const [issue] = failure.issues;
  if (issue === undefined || issue.code === 'login') return realm;
  return `${realm}, error="${error ?? 'invalid_token'}", error_description="${issue.diagnostics.replace(/[^\x20-\x7e]|["\\]/g, "'")}"`;
}
