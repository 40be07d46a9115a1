/**
 * The code by which a message approves exactly one content of a plan: the beginning of its hash, easy to type.
 *
 * @param contentHash `sha256:<hex>`
 * @returns `3F7A-09BC-D1E2`
 */
export function approvalCode(contentHash: string): string {
  const digits = contentHash
    .replace(/^sha256:/, '')
    .slice(0, 12)
    .toUpperCase();
  return digits.replace(/(.{4})(?=.)/g, '$1-');
}

/** The code of an answer whose first line is `GODKJENT <code>`; undefined for every other text, which a person reads. */
export function approvedCode(text: string): string | undefined {
  const first = text.split(/\r\n|\r|\n/, 1)[0]!;
  const code = /^\s*GODKJENT\s+([0-9A-F]{4}-?[0-9A-F]{4}-?[0-9A-F]{4})\s*$/i.exec(first)?.[1];
  return code
    ?.replaceAll('-', '')
    .toUpperCase()
    .replace(/(.{4})(?=.)/g, '$1-');
}
