import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { systemClock } from '../../../kernel/clock.js';
import { useApp } from '../app/context.js';
import { errorWords } from '../app/load.js';
import { Notice } from '../app/notice.js';
import { localDay } from '../words/dates.js';
import { trendWords } from '../words/trend-words.js';

/** The longest that a summary reaches back. */
const mostDays = 3660;

/** The summary that the server makes of the shown time, as a PDF file for the record. @param days undefined: everything */
export function SummaryFile({
  patient,
  days,
}: {
  readonly patient: string;
  readonly days: number | undefined;
}): JSX.Element {
  const { say, fhir } = useApp();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const fetchIt = async (): Promise<void> => {
    setBusy(true);
    setFailure(undefined);
    try {
      const place = `Patient/${patient}/$dho-summary?output=pdf&period=P${days ?? mostDays}D`;
      save(await fhir.file(place, 'application/pdf'), `${say(trendWords.fileName)}-${localDay(systemClock.now())}.pdf`);
    } catch (error) {
      setFailure(error);
    }
    setBusy(false);
  };
  return (
    <>
      <button type="button" disabled={busy} onClick={() => void fetchIt()}>
        {say(trendWords.pdf)}
      </button>
      {failure !== undefined && <Notice bad>{errorWords(failure, say)}</Notice>}
    </>
  );
}

/** The name says nothing of whom it is about: downloads lie around. */
function save(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
