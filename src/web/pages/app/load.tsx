import type { ComponentChildren, JSX } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { FhirError } from '../fhir/client.js';
import type { Say } from '../words/language.js';
import { commonWords } from '../words/page-words.js';
import { useApp } from './context.js';

/** Something fetched: not here yet, here, or refused. What was here stays until the newer is. */
export interface Loaded<T> {
  readonly value: T | undefined;
  readonly error: unknown;
  readonly reload: () => Promise<void>;
}

/** Fetches when the keys change, and again on `reload`. An answer that was overtaken by a later one is dropped. */
export function useLoaded<T>(fetchIt: () => Promise<T>, keys: readonly unknown[]): Loaded<T> {
  const [state, setState] = useState<{ readonly value: T | undefined; readonly error: unknown }>({
    value: undefined,
    error: undefined,
  });
  const latest = useRef(0);
  const load = useCallback(async () => {
    const mine = ++latest.current;
    try {
      const value = await fetchIt();
      if (mine === latest.current) setState({ value, error: undefined });
    } catch (error) {
      if (mine === latest.current) setState((before) => ({ ...before, error }));
    }
  }, keys);
  useEffect(() => {
    void load();
  }, [load]);
  return { ...state, reload: load };
}

/** What went wrong, for people. */
export function errorWords(error: unknown, say: Say): string {
  if (!(error instanceof FhirError)) return say(commonWords.failed, { why: String((error as Error).message) });
  if (error.status === 0) return say(commonWords.offline);
  if (error.status === 404 || error.status === 410) return say(commonWords.gone);
  if (error.status === 412) return say(commonWords.changed);
  if (error.status === 403) return say(commonWords.refused);
  if (error.status === 429) return say(commonWords.tooMany);
  if (error.status >= 500) return say(commonWords.broken);
  return say(commonWords.failed, { why: error.message });
}

/** Shows what was fetched; before that that it is on its way, or why not. */
export function Show<T>({
  loaded,
  children,
}: {
  readonly loaded: Loaded<T>;
  readonly children: (value: T) => ComponentChildren;
}): JSX.Element {
  const { say } = useApp();
  return (
    <>
      {loaded.error !== undefined && (
        <div class="notice bad" role="alert">
          <p>{errorWords(loaded.error, say)}</p>
          <button type="button" onClick={() => void loaded.reload()}>
            {say(commonWords.again)}
          </button>
        </div>
      )}
      {loaded.value !== undefined
        ? children(loaded.value)
        : loaded.error === undefined && <p class="waiting">{say(commonWords.loading)}</p>}
    </>
  );
}
