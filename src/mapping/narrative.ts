/**
 * Plain text as the XHTML of a Narrative, line by line: https://hl7.org/fhir/R4/narrative.html
 */
export function narrative(text: string): string {
  const lines = text
    .split(/\r\n|\r|\n/)
    .map((line) => line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'));
  return `<div xmlns="http://www.w3.org/1999/xhtml"><p>${lines.join('<br/>')}</p></div>`;
}

/** The text of a Narrative that `narrative` made, or any other, without its markup. */
export function narrativeText(div: string): string {
  return div
    .replace(/<br\s*\/?>|<\/(p|li|h\d|tr)>/gi, '\n')
    .replace(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .trim();
}
