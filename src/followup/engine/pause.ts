import type { PauseInput, PauseMode } from './input.js';
import type { EngineState, Pause } from './state.js';

/** The pause that is on at `t`; its start belongs to it, its end does not. */
export function pauseAt(pauses: readonly Pause[], t: number): Pause | undefined {
  return pauses.findLast(({ start, end }) => start <= t && (end === undefined || t < end));
}

/** Whether everything is paused at `t`: input is stored, nothing is said. */
export function allPausedAt(pauses: readonly Pause[], t: number): boolean {
  return pauseAt(pauses, t)?.mode === 'all';
}

/** When the patient's histories begin for something judged at `t`: at the last resumption (a new baseline after hospital). */
export function historyStart(pauses: readonly Pause[], t: number): number {
  return Math.max(
    Number.NEGATIVE_INFINITY,
    ...pauses.flatMap(({ end }) => (end !== undefined && end <= t ? [end] : [])),
  );
}

/** A pause begins, or the one that is on changes its mode or planned end. */
export function startPause(draft: EngineState, { t, mode, end }: PauseInput): PauseMode {
  const current = pauseAt(draft.pauses, t);
  const pause: Pause = {
    start: current?.mode === mode ? current.start : t,
    mode,
    ...(end === undefined ? {} : { end }),
  };
  const others = draft.pauses.filter((other) => other !== current);
  const before: Pause[] = current === undefined || current.mode === mode ? [] : [{ ...current, end: t }];
  draft.pauses = [...others, ...before, pause].sort((a, b) => a.start - b.start);
  return mode;
}

/** @returns whether there was a pause to end */
export function endPause(draft: EngineState, t: number): boolean {
  const current = pauseAt(draft.pauses, t);
  if (current === undefined) return false;
  draft.pauses = draft.pauses.map((pause) => (pause === current ? { ...pause, end: t } : pause));
  return true;
}
