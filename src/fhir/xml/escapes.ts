// https://www.w3.org/TR/xml/#sec-references

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The five named references and those by number; a well-formed text without a DOCTYPE has no others. */
export function unescapeXml(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g, (whole, hex?: string, decimal?: string, name?: string) =>
    name === undefined
      ? String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16))
      : (named[name] ?? whole),
  );
}

const written: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};
const doubtful = /[&<>"\t\n\r]/;
// oxlint-disable-next-line no-control-regex
const impossible = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;
// oxlint-disable-next-line no-control-regex
const mayBeImpossible = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/;

/** As an attribute's value in double quotes; blanks other than the space survive only as references. */
export function escapeAttribute(text: string): string {
  const possible = possibleInXml(text);
  return doubtful.test(possible) ? possible.replace(/[&<>"\t\n\r]/g, (character) => written[character]!) : possible;
}

/** Characters that XML cannot carry become U+FFFD. https://www.w3.org/TR/xml/#charsets */
export const possibleInXml = (text: string): string =>
  mayBeImpossible.test(text) ? text.replace(impossible, '\ufffd') : text;
