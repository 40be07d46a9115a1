/** Simple pictures of what to do, beside the words. */
import type { JSX } from 'preact';

const pictures: Readonly<Record<string, JSX.Element>> = {
  spo2: (
    <>
      <path d="M14 6c-5 7-8 11-8 16a8 8 0 0 0 16 0c0-5-3-9-8-16z" />
      <path d="M28 14h12M28 22h12M28 30h8" />
    </>
  ),
  weight: (
    <>
      <rect x="6" y="10" width="36" height="30" rx="6" />
      <path d="M15 20a11 11 0 0 1 18 0zM24 20l4-5" />
    </>
  ),
  bp: (
    <>
      <path d="M24 38S6 28 6 17a9 9 0 0 1 18-3 9 9 0 0 1 18 3c0 11-18 21-18 21z" />
      <path d="M10 24h8l3-6 5 11 3-5h9" />
    </>
  ),
  pulse: <path d="M4 26h10l5-14 8 24 5-14 3 4h9" />,
  temp: (
    <>
      <path d="M20 8a4 4 0 0 1 8 0v20a9 9 0 1 1-8 0z" />
      <path d="M24 18v18M32 12h6M32 19h6" />
    </>
  ),
  glucose: (
    <>
      <path d="M24 6C16 17 12 22 12 29a12 12 0 0 0 24 0c0-7-4-12-12-23z" />
      <path d="M24 24v10M19 29h10" />
    </>
  ),
  rr: (
    <path d="M24 8v14M24 22c-4-6-12-4-14 4-2 7-2 13 4 13 5 0 8-3 8-8M24 22c4-6 12-4 14 4 2 7 2 13-4 13-5 0-8-3-8-8" />
  ),
  form: (
    <>
      <rect x="9" y="8" width="30" height="34" rx="4" />
      <path d="M18 5h12v7H18zM16 21l3 3 5-6M16 32l3 3 5-6M29 22h5M29 33h5" />
    </>
  ),
  task: <path d="M8 25l11 11L40 12" />,
};
const alike: Readonly<Record<string, string>> = { crp: 'glucose', hr: 'pulse', temperature: 'temp' };

export function Pictogram({ of, isForm }: { readonly of: string; readonly isForm: boolean }): JSX.Element {
  return (
    <svg class="pictogram" viewBox="0 0 48 48" aria-hidden="true">
      {pictures[alike[of] ?? of] ?? pictures[isForm ? 'form' : 'task']}
    </svg>
  );
}
