import type { Resource } from '../fhir/resource.js';

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character]!);

/** A resource for a person to read: its JSON on a page, nothing in it alive. https://hl7.org/fhir/R4/http.html#mime-type */
export function htmlPage({ resourceType, id }: Resource, json: string): string {
  const title = escaped(id === undefined ? resourceType : `${resourceType}/${id}`);
  return `<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>${title}</title></head>\n<body><h1>${title}</h1>\n<pre>${escaped(json)}</pre></body>\n</html>\n`;
}
