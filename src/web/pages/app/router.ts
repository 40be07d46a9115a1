import { useEffect, useState } from 'preact/hooks';

/** Where the window is: a page and what it shows. Never a national identity number. */
export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

const changed = new EventTarget();

const here = (): Place => ({ path: location.pathname, query: new URLSearchParams(location.search) });

/** Goes to a page of ours without loading it anew. */
export function go(to: string, replace = false): void {
  history[replace ? 'replaceState' : 'pushState'](undefined, '', to);
  changed.dispatchEvent(new Event('go'));
  if (!replace) scrollTo(0, 0);
}

export function usePlace(): Place {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const update = (): void => setPlace(here());
    addEventListener('popstate', update);
    changed.addEventListener('go', update);
    return () => {
      removeEventListener('popstate', update);
      changed.removeEventListener('go', update);
    };
  }, []);
  return place;
}

/** For links of ours: a plain click stays in the document, any other is the browser's. */
export function follow(event: MouseEvent): void {
  const link = (event.currentTarget as Element).closest('a');
  if (link === null || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(link.pathname + link.search);
}
