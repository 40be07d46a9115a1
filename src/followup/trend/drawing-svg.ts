import type { Drawing, Shape } from '../../kernel/drawing.js';

/**
 * A whole SVG document without scripts or links. https://www.w3.org/TR/SVG2/
 *
 * @param title what the picture shows, for those who do not see it
 */
export function drawingSvg({ width, height, shapes }: Drawing, title: string): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="sans-serif">`,
    `<title>${escaped(title)}</title>`,
    ...shapes.map(element),
    '</svg>',
  ].join('');
}

function element(shape: Shape): string {
  switch (shape.kind) {
    case 'rectangle':
      return `<rect x="${shape.x}" y="${shape.y}" width="${shape.width}" height="${shape.height}" fill="${shape.fill}"/>`;
    case 'line':
      return `<polyline fill="none" stroke="${shape.stroke}" stroke-width="${shape.width}" points="${shape.points.map((point) => point.join(',')).join(' ')}"/>`;
    case 'dot':
      return `<circle cx="${shape.x}" cy="${shape.y}" r="${shape.radius}" fill="${shape.fill}"/>`;
    case 'words':
      return `<text x="${shape.x}" y="${shape.y}" font-size="${shape.size}" text-anchor="${shape.anchor}">${escaped(shape.words)}</text>`;
  }
}

/** Text in XML and XHTML. */
export const escaped = (words: string): string =>
  words
    // Control characters cannot stand in XML at all.
    .replace(/[^\P{Cc}\t\n\r]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
