import { ScionError } from '@scion/schema';

const sha256Bytes = 32;

/**
 * The SHA-256 that a `Content-Digest` header (RFC 9530) states, such as `sha-256=:<base64>:`; null where there is none. Other
 * algorithms are passed over, as the standard has it. Throws `malformedRequest` for one that is no SHA-256.
 */
export function readContentDigest(header: string | undefined): Buffer | null {
  const [, text] = /(?:^|,)\s*sha-256\s*=\s*:([^:]*):/i.exec(header ?? '') ?? [];
  if (text === undefined) return null;
  const digest = Buffer.from(text, 'base64');
  if (digest.length === sha256Bytes) return digest;
  throw new ScionError('malformedRequest', 'Content-Digest holds no SHA-256. Expected sha-256=:<base64>:');
}
