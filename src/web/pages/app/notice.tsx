import type { ComponentChildren, JSX } from 'preact';

/** What came of something that was done: read out at once where it went wrong, in turn where it went well. */
export function Notice({
  bad = false,
  children,
}: {
  readonly bad?: boolean;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <p class={`notice ${bad ? 'bad' : 'good'}`} role={bad ? 'alert' : 'status'}>
      {children}
    </p>
  );
}
