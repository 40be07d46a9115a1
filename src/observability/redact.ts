/**
 * Eleven digits in a row, also when written 6 + 5: what every Norwegian identity number looks like. Not as part of a longer
 * number or a decimal. UUIDs are met first, so that they stay whole.
 */
const identityNumber =
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<!\d|\d\.)\d{6}[ -]?\d{5}(?!\d|\.\d)/gi;
const hidden = '[redacted]';

/**
 * The last fence: whoever forgot that identity numbers do not belong in a log is caught here. Hides anything of eleven
 * digits, valid or not.
 */
export function redactIdentityNumbers(text: string): string {
  return text.replace(identityNumber, (found) => (found.length > 12 ? found : hidden));
}

/** The same for a line that is one JSON object, which it still is afterwards. */
export function redactLine(line: string): string {
  if (redactIdentityNumbers(line) === line) return line;
  try {
    const redacted = JSON.stringify(JSON.parse(line), (_name, value: unknown) =>
      typeof value === 'number' && redactIdentityNumbers(String(value)) === hidden ? hidden : value,
    );
    return `${redactIdentityNumbers(redacted)}\n`;
  } catch {
    return redactIdentityNumbers(line);
  }
}
