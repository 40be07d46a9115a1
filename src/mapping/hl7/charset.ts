// MSH-18: HL7 table 0211. https://terminology.hl7.org/CodeSystem-v2-0211.html

const labels: Readonly<Record<string, string>> = {
  'UNICODE UTF-8': 'utf-8',
  UNICODE: 'utf-8',
  'UTF-8': 'utf-8',
  '8859/1': 'latin1',
  'ISO-8859-1': 'latin1',
  'ISO8859-1': 'latin1',
  '8859/15': 'iso-8859-15',
  ASCII: 'utf-8',
};

/** How the bytes are to be read: MSH-18 where it is known, else UTF-8 if they are valid UTF-8, else ISO-8859-1. */
export function decodeHl7(bytes: Uint8Array): string {
  const label = labels[declaredCharset(bytes)];
  if (label === 'latin1') return Buffer.from(bytes).toString('latin1');
  if (label === 'iso-8859-15') return new TextDecoder('iso-8859-15').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString('latin1');
  }
}

/** A text in the character set of the message it answers; what ISO-8859 cannot hold becomes `?`. */
export function encodeHl7(text: string, charset: string): Buffer {
  const label = labels[charset.toUpperCase()];
  // ISO-8859-15 is ISO-8859-1 but for eight characters, none of which is Norwegian.
  if (label !== 'latin1' && label !== 'iso-8859-15') return Buffer.from(text, 'utf8');
  return Buffer.from(text.replace(/[^\u0000-\u00ff]/gu, '?'), 'latin1');
}

/** First repetition of MSH-18, read bytewise: every character set allowed here has ASCII in its lower half. */
function declaredCharset(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, 2000))
    .toString('latin1')
    .split(/[\r\n]/, 1)[0]!
    .replace(/^\u00ef\u00bb\u00bf/, '');
  const separator = head.charAt(3);
  const repetition = head.charAt(5);
  if (separator === '') return '';
  const field = head.split(separator)[17] ?? '';
  return (repetition === '' ? field : field.split(repetition)[0]!).trim().toUpperCase();
}
