import type { Drawing, Shape } from '../../kernel/drawing.js';

/** How a PDF writes a line of text at a place: the fonts are the document's. */
export interface TextAt {
  /** @returns points */
  readonly widthOf: (words: string, size: number) => number;
  readonly write: (words: string, at: { readonly x: number; readonly y: number; readonly size: number }) => void;
}

/** Draws where the text has come to, as wide as the text, on a new page where this one has no room; vectors, no pixels. */
export function drawInto(document: PDFKit.PDFDocument, drawing: Drawing, text: TextAt): void {
  const { page } = document;
  const scale = Math.min(1, (page.width - page.margins.left - page.margins.right) / drawing.width);
  const height = drawing.height * scale;
  if (document.y + height > page.height - page.margins.bottom) document.addPage();
  const [left, top] = [page.margins.left, document.y];
  const at = (x: number, y: number): [number, number] => [left + x * scale, top + y * scale];
  for (const shape of drawing.shapes) draw(document, shape, { at, scale, text });
  document.fillColor('#000000');
  document.x = left;
  document.y = top + height;
}

interface Place {
  readonly at: (x: number, y: number) => [number, number];
  readonly scale: number;
  readonly text: TextAt;
}

const shares = { start: 0, middle: 0.5, end: 1 } as const;

function draw(document: PDFKit.PDFDocument, shape: Shape, { at, scale, text }: Place): void {
  switch (shape.kind) {
    case 'rectangle':
      document.rect(...at(shape.x, shape.y), shape.width * scale, shape.height * scale).fill(shape.fill);
      return;
    case 'line': {
      const [first, ...others] = shape.points;
      if (first === undefined) return;
      document.moveTo(...at(...first));
      for (const point of others) document.lineTo(...at(...point));
      document.lineWidth(shape.width * scale).stroke(shape.stroke);
      return;
    }
    case 'dot':
      document.circle(...at(shape.x, shape.y), shape.radius * scale).fill(shape.fill);
      return;
    case 'words': {
      const size = shape.size * scale;
      const [x, y] = at(shape.x, shape.y);
      document.fillColor('#000000');
      text.write(shape.words, { x: x - text.widthOf(shape.words, size) * shares[shape.anchor], y, size });
    }
  }
}
