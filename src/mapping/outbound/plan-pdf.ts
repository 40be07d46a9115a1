import { createRequire } from 'node:module';
import PDFDocument from 'pdfkit';
import type { Drawing } from '../../kernel/drawing.js';
import { messageTime } from '../message-time.js';
import { drawInto } from './pdf-drawing.js';

/** A plan as Norwegian text, in the order it is read. */
export interface PlanText {
  readonly title: string;
  /** `Ola Prøvepasient, født 12.03.1948`. */
  readonly patient: string;
  readonly sections: readonly {
    readonly heading: string;
    readonly lines: readonly string[];
    /** Under the lines, which say the same in words. */
    readonly drawings?: readonly Drawing[];
  }[];
}

const { resolve } = createRequire(import.meta.url);
/** PDF/A holds every font that it uses: Source Sans 3 (OFL 1.1). */
const font = (set: 'latin' | 'latin-ext', weight: 400 | 700): string =>
  resolve(`@fontsource/source-sans-3/files/source-sans-3-${set}-${weight}-normal.woff`);
const latin = { regular: font('latin', 400), bold: font('latin', 700) } as const;
const extended = { regular: font('latin-ext', 400), bold: font('latin-ext', 700) } as const;
type Weight = keyof typeof latin;

/** Text in runs of one font each. */
const runsOf = (text: string): { readonly text: string; readonly font: Readonly<Record<Weight, string>> }[] =>
  printable(text)
    .split(/([^\u0020-\u00ff\u2013\u2014\u2018-\u201d\u2022\u2026]+)/)
    .filter((run) => run !== '')
    .map((run) => ({
      text: run,
      font: /^[\u0020-\u00ff\u2013\u2014\u2018-\u201d\u2022\u2026]/.test(run) ? latin : extended,
    }));

/** The plan with the code that approves it; the same plan, code and time give the same bytes. */
export const planPdf = (
  plan: PlanText,
  { approvalCode, at }: { readonly approvalCode: string; readonly at: number },
): Promise<Buffer> => textPdf(plan, { at, words: `Godkjenningskode: ${approvalCode}` });

/**
 * A text of headings, lines and drawings as PDF/A-2b (ISO 19005-2), which archives and record systems take, with selectable text;
 * the same text and time give the same bytes.
 *
 * @param stamp `at` milliseconds since 1970; `words` stand behind when it was made
 */
export function textPdf(plan: PlanText, stamp: { readonly at: number; readonly words?: string }): Promise<Buffer> {
  const document = new PDFDocument({
    size: 'A4',
    subset: 'PDF/A-2b',
    pdfVersion: '1.7',
    font: latin.regular,
    margin: 56,
    lang: 'nb-NO',
    displayTitle: true,
    info: { Title: plan.title, Author: 'Hjemmebro', CreationDate: new Date(stamp.at), ModDate: new Date(stamp.at) },
  });
  const done = collect(document);
  const write = (text: string, weight: Weight, size: number): void => {
    const runs = runsOf(text);
    runs.forEach((run, index) => {
      document.font(run.font[weight]).fontSize(size);
      document.text(run.text, { continued: index < runs.length - 1 });
    });
  };
  const widthOf = (text: string, size: number): number =>
    runsOf(text).reduce((sum, run) => sum + document.font(run.font.regular).fontSize(size).widthOfString(run.text), 0);
  write(plan.title, 'bold', 18);
  document.moveDown(0.3);
  write(plan.patient, 'regular', 11);
  const made = messageTime(stamp.at).slice(0, 16).replace('T', ' kl. ');
  write([`Laget ${made}.`, stamp.words ?? ''].join(' ').trim(), 'regular', 11);
  for (const { heading, lines, drawings = [] } of plan.sections) {
    document.moveDown(0.8);
    write(heading, 'bold', 13);
    for (const line of lines) {
      document.moveDown(0.15);
      write(line, 'regular', 11);
    }
    for (const drawing of drawings) {
      document.moveDown(0.4);
      drawInto(document, drawing, {
        widthOf,
        write: (words, { x, y, size }) => {
          let from = x;
          for (const run of runsOf(words)) {
            document.font(run.font.regular).fontSize(size);
            document.text(run.text, from, y, { lineBreak: false, baseline: 'alphabetic' });
            from += document.widthOfString(run.text);
          }
        },
      });
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
