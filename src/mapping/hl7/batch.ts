// Batch protocol: https://www.hl7.eu/HL7v2x/v251/std251/ch02.html

/** The messages of a batch file, and what its answer begins with. */
export interface Batch {
  /** Each with its segments, in the order they came. */
  readonly messages: readonly Uint8Array[];
  /** The delimiters of FHS or BHS with which the answer is framed: `|^~\&`. */
  readonly delimiters: string;
  /** BHS-11 or FHS-11, the control id that the answer refers to. */
  readonly controlId: string;
  /** The number of messages that BTS-1 promises, where it says so. */
  readonly announced: number | undefined;
}

/**
 * Splits `[FHS] {[BHS] {MSH…} [BTS]} [FTS]` into its messages, byte for byte; undefined for a single message.
 * Every character set that is allowed has ASCII in its lower half, so the segment names are found bytewise.
 */
export function readBatch(bytes: Uint8Array): Batch | undefined {
  const text = Buffer.from(bytes).toString('latin1');
  if (!/^[\s\u00ef\u00bb\u00bf]*[FB]HS/.test(text)) return undefined;
  const segments = text.split(/[\r\n]+/).filter((segment) => segment.trim() !== '');
  const messages: string[][] = [];
  for (const segment of segments) {
    if (/^(FHS|BHS|BTS|FTS)/.test(segment)) continue;
    if (segment.startsWith('MSH')) messages.push([]);
    messages.at(-1)?.push(segment);
  }
  const header =
    segments.find((segment) => segment.startsWith('BHS')) ?? segments[0]!.slice(segments[0]!.search(/[FB]HS/));
  const separator = header.charAt(3);
  const announced = segments.find((segment) => segment.startsWith('BTS'))?.split(separator)[1] ?? '';
  return {
    messages: messages.map((lines) => Buffer.from(`${lines.join('\r')}\r`, 'latin1')),
    delimiters: header.slice(3, 8),
    // FHS-1 and BHS-1 are the separator itself, so field n stands at place n - 1.
    controlId: header.split(separator)[10] ?? '',
    announced: /^\d+$/.test(announced) ? Number(announced) : undefined,
  };
}

/** The answers to the messages of a batch, as a batch. */
export function writeBatch(
  { delimiters, controlId }: Batch,
  answers: readonly Uint8Array[],
  answer: { readonly id: string; readonly time: string; readonly comment?: string },
): Uint8Array {
  const separator = delimiters.charAt(0);
  const header = [
    'BHS',
    delimiters.slice(1),
    'HJEMMEBRO',
    '',
    '',
    '',
    answer.time,
    '',
    '',
    answer.comment ?? '',
    answer.id,
    controlId,
  ].join(separator);
  return Buffer.concat([
    Buffer.from(`${header}\r`, 'latin1'),
    ...answers,
    Buffer.from(`BTS${separator}${answers.length}\r`, 'latin1'),
  ]);
}
