import { createRequire } from 'node:module';
import PDFDocument from 'pdfkit';
import { messageTime } from '../message-time.js';

/** A plan as Norwegian text, in the order it is read. */
export interface PlanText {
  readonly title: string;
  /** `Ola Prøvepasient, født 12.03.1948`. */
  readonly patient: string;
  readonly sections: readonly { readonly heading: string; readonly lines: readonly string[] }[];
}

const { resolve } = createRequire(import.meta.url);
/** PDF/A holds every font that it uses: Source Sans 3 (OFL 1.1). */
const font = (set: 'latin' | 'latin-ext', weight: 400 | 700): string =>
  resolve(`@fontsource/source-sans-3/files/source-sans-3-${set}-${weight}-normal.woff`);
const fonts = {
  regular: { latin: font('latin', 400), extended: font('latin-ext', 400) },
  bold: { latin: font('latin', 700), extended: font('latin-ext', 700) },
} as const;

/** The plan with the code that approves it; the same plan, code and time give the same bytes. */
export const planPdf = (
  plan: PlanText,
  { approvalCode, at }: { readonly approvalCode: string; readonly at: number },
): Promise<Buffer> => textPdf(plan, { at, words: `Godkjenningskode: ${approvalCode}` });

/**
 * A text of headings and lines as PDF/A-2b (ISO 19005-2), which archives and record systems take, with selectable text;
 * the same text and time give the same bytes.
 *
 * @param stamp `at` milliseconds since 1970; `words` stand behind when it was made
 */
export function textPdf(plan: PlanText, stamp: { readonly at: number; readonly words?: string }): Promise<Buffer> {
  const document = new PDFDocument({
    size: 'A4',
    subset: 'PDF/A-2b',
    pdfVersion: '1.7',
    font: fonts.regular.latin,
    margin: 56,
    lang: 'nb-NO',
    displayTitle: true,
    info: { Title: plan.title, Author: 'Hjemmebro', CreationDate: new Date(stamp.at), ModDate: new Date(stamp.at) },
  });
  const done = collect(document);
  const write = (text: string, weight: keyof typeof fonts, size: number): void => {
    const runs = printable(text)
      .split(/([^\u0020-\u00ff\u2013\u2014\u2018-\u201d\u2022\u2026]+)/)
      .filter((run) => run !== '');
    runs.forEach((run, index) => {
      const { latin, extended } = fonts[weight];
      const isLatin = /^[\u0020-\u00ff\u2013\u2014\u2018-\u201d\u2022\u2026]/.test(run);
      document.font(isLatin ? latin : extended).fontSize(size);
      document.text(run, { continued: index < runs.length - 1 });
    });
  };
  write(plan.title, 'bold', 18);
  document.moveDown(0.3);
  write(plan.patient, 'regular', 11);
  const made = messageTime(stamp.at).slice(0, 16).replace('T', ' kl. ');
  write([`Laget ${made}.`, stamp.words ?? ''].join(' ').trim(), 'regular', 11);
  for (const { heading, lines } of plan.sections) {
    document.moveDown(0.8);
    write(heading, 'bold', 13);
    for (const line of lines) {
      document.moveDown(0.15);
      write(line, 'regular', 11);
    }
  }
  document.end();
  return done;
}

/** The fonts hold Latin letters, the Sámi ones among them; signs they lack are written out. */
const printable = (text: string): string =>
  text.replaceAll('≥', 'minst ').replaceAll('≤', 'høyst ').replaceAll('₂', '2').replaceAll('→', '->');

function collect(document: PDFKit.PDFDocument): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    document.on('data', (part: Buffer) => parts.push(part));
    document.once('end', () => resolve(Buffer.concat(parts)));
    document.once('error', reject);
  });
}
