import { useEffect } from 'preact/hooks';

/** The title of the window names the page, not the patient: titles end up in lists of windows and histories. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} – Hjemmebro`;
  }, [title]);
}
