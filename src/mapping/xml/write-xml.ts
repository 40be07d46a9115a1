/** An element to be written: attributes or children that are undefined are left out. */
export type Markup = { readonly markup: string };
type Child = Markup | string | number | undefined;

const special: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
};

/** Characters that XML 1.0 cannot carry are dropped: https://www.w3.org/TR/xml/#charsets */
function clean(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '');
}

const escapeText = (text: string): string => clean(text).replace(/[&<>\r]/g, (character) => special[character]!);
const escapeAttribute = (text: string): string =>
  clean(text).replace(/[&<>"\n\r\t]/g, (character) => special[character]!);

/**
 * One element: `el('Type', { V: 'N', DN: 'Ny' })`. Text is escaped; children are written in the order given.
 * Returns undefined when `content` is given and every part of it is undefined, so that empty elements vanish.
 */
export function el(
  name: string,
  attributes: Readonly<Record<string, string | undefined>> = {},
  content?: readonly Child[],
): Markup | undefined {
  const given = content?.filter((child) => child !== undefined);
  const written = Object.entries(attributes).filter(([, value]) => value !== undefined);
  if (given?.length === 0 && written.length === 0) return undefined;
  const start = name + written.map(([key, value]) => ` ${key}="${escapeAttribute(value!)}"`).join('');
  if (given === undefined || given.length === 0) return { markup: `<${start}/>` };
  const inner = given.map((child) => (typeof child === 'object' ? child.markup : escapeText(String(child)))).join('');
  return { markup: `<${start}>${inner}</${name}>` };
}

/** An element with text only; undefined without text. */
export function textEl(name: string, text: string | undefined): Markup | undefined {
  return text === undefined || text === '' ? undefined : el(name, {}, [text]);
}

/** Whole document in UTF-8 with its declaration in line 1, as the message service of the health network requires. */
export function xmlDocument(root: Markup | undefined): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root?.markup ?? ''}\n`;
}
