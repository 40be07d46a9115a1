import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { Failure } from '../kernel/failure.js';
import { privateFile } from './private-file.js';

/** A 256-bit key, made of a secret for one purpose. https://www.rfc-editor.org/rfc/rfc5869 */
export type SealingKey = Buffer & { readonly sealing?: never };

/**
 * @param secret at least 32 characters (SECRET_KEY); servers that share a database share the secret
 */
export function sealingKey(secret: string): SealingKey {
  if (secret.length < 32) throw new Failure('fault', 'SECRET_KEY must have at least 32 characters.');
  return Buffer.from(hkdfSync('sha256', secret, '', 'hjemmebro sealing 1', 32));
}

/** A key of its own, of the same secret, for the cookies of the embedded issuer. */
export const cookieKey = (secret: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', 'hjemmebro issuer cookies 1', 32));

/** And one for the nonces of DPoP proofs. */
export const dpopNonceKey = (secret: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', 'hjemmebro dpop nonces 1', 32));

/** And one for the hash chain of the audit log. */
export const auditKey = (secret: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', 'hjemmebro audit 1', 32));

/** The secret of this data folder, made at first start (file `secret.key`, readable for its owner alone). */
export async function ownSecret(folder: string): Promise<string> {
  return (await privateFile(folder, 'secret.key', () => randomBytes(32).toString('base64url'))).trim();
}

const version = 1;
const nonceLength = 12;
const tagLength = 16;
const longest = 16_384;

/**
 * A value as an encrypted, authenticated text for a URL (decision 19: what was in a POST body never shows in a link).
 * AES-256-GCM, base64url of: version, nonce, ciphertext, tag.
 *
 * @param purpose a token opens only for the purpose it was sealed for
 */
export function seal(value: unknown, key: SealingKey, purpose: string): string {
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength });
  cipher.setAAD(Buffer.from(purpose));
  const text = JSON.stringify(value);
  return Buffer.concat([
    Buffer.of(version),
    nonce,
    cipher.update(text, 'utf8'),
    cipher.final(),
    cipher.getAuthTag(),
  ]).toString('base64url');
}

/** @throws Failure('invalid') for anything that was not sealed with this key for this purpose */
export function open(token: string, key: SealingKey, purpose: string): unknown {
  const bytes =
    token.length <= longest && /^[A-Za-z0-9_-]+$/.test(token) ? Buffer.from(token, 'base64url') : Buffer.alloc(0);
  if (bytes.length <= 1 + nonceLength + tagLength || bytes[0] !== version || bytes.toString('base64url') !== token)
    throw unreadable();
  const nonce = bytes.subarray(1, 1 + nonceLength);
  const end = bytes.length - tagLength;
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength });
  decipher.setAAD(Buffer.from(purpose));
  decipher.setAuthTag(bytes.subarray(end));
  try {
    const text = Buffer.concat([decipher.update(bytes.subarray(1 + nonceLength, end)), decipher.final()]).toString(
      'utf8',
    );
    return JSON.parse(text) as unknown;
  } catch {
    throw unreadable();
  }
}

const unreadable = (): Failure =>
  new Failure('invalid', 'This link is not one of ours, is damaged, or is too old; repeat the search.', {
    code: 'value',
  });

/** Seals and opens for one purpose. */
export interface Sealer {
  seal(value: unknown): string;
  /** @throws Failure('invalid') */
  open(token: string): unknown;
}

/** @param previous keys whose tokens are still opened after a rotation */
export const createSealer = (key: SealingKey, purpose: string, previous: readonly SealingKey[] = []): Sealer => ({
  seal: (value) => seal(value, key, purpose),
  open(token) {
    for (const former of previous) {
      try {
        return open(token, former, purpose);
      } catch {
        // Sealed with another of the keys.
      }
    }
    return open(token, key, purpose);
  },
});
