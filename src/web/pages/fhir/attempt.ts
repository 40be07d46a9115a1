/**
 * A name for what is about to be sent, so that sending it again after an answer got lost makes nothing twice.
 * https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-4
 *
 * @returns `urn:uuid:…`
 */
export function attemptName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = 0x40 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The system of such names. https://hl7.org/fhir/R4/datatypes.html#Identifier */
export const attemptSystem = 'urn:ietf:rfc:3986';
