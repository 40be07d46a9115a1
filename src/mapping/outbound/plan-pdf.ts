import PDFDocument from 'pdfkit';
import { messageTime } from '../message-time.js';

/** A plan as Norwegian text, in the order it is read. */
export interface PlanText {
  readonly title: string;
  /** `Ola Prøvepasient, født 12.03.1948`. */
  readonly patient: string;
  readonly sections: readonly { readonly heading: string; readonly lines: readonly string[] }[];
}

/** The plan as a PDF with selectable text; the same plan, code and time give the same bytes. */
export const planPdf = (
  plan: PlanText,
  { approvalCode, at }: { readonly approvalCode: string; readonly at: number },
): Promise<Buffer> => textPdf(plan, { at, words: `Godkjenningskode: ${approvalCode}` });

/**
 * A text of headings and lines as a PDF; the same text and time give the same bytes.
 *
 * @param stamp `at` milliseconds since 1970; `words` stand behind when it was made
 */
export function textPdf(plan: PlanText, stamp: { readonly at: number; readonly words?: string }): Promise<Buffer> {
  const document = new PDFDocument({
    size: 'A4',
    margin: 56,
    lang: 'nb-NO',
    displayTitle: true,
    info: { Title: plan.title, Author: 'Hjemmebro', CreationDate: new Date(stamp.at), ModDate: new Date(stamp.at) },
  });
  const done = collect(document);
  document.font('Helvetica-Bold').fontSize(18).text(plan.title);
  document.moveDown(0.3).font('Helvetica').fontSize(11).text(plan.patient);
  document.text(
    [`Laget ${messageTime(stamp.at).slice(0, 16).replace('T', ' kl. ')}.`, stamp.words ?? ''].join(' ').trim(),
  );
  for (const { heading, lines } of plan.sections) {
    document.moveDown(0.8).font('Helvetica-Bold').fontSize(13).text(heading);
    document.font('Helvetica').fontSize(11);
    for (const line of lines) document.moveDown(0.15).text(printable(line), { indent: 0 });
  }
  document.end();
  return done;
}

/** The built-in fonts hold Windows-1252; comparison signs are written out. */
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
