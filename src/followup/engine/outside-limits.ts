import type { Op } from './op.js';
import type { EngineState, Entry, Reading } from './state.js';

/**
 * Readings that lie outside the limits of the plan that was in force at their time, by arrival number and source: their
 * zone is yellow or red, or a rule has found yellow or red in them – whether or not that was enough for an alert.
 */
export function outsideLimits(state: EngineState): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const readings of Object.values(state.readings))
    for (const reading of readings)
      if (reading.source !== undefined && isOutside(reading)) found.set(reading.id, reading.source);
  return found;
}

/**
 * What was found outside since then. A reading too old for the state to remember is known by the alert that it raised.
 *
 * @param ops of the steps since then
 */
export function newlyOutside(
  before: ReadonlyMap<number, string>,
  state: EngineState,
  ops: readonly Op[],
): readonly string[] {
  const sources = new Set<string>();
  for (const [id, source] of outsideLimits(state)) if (!before.has(id)) sources.add(source);
  for (const op of ops) {
    const raised = op.op === 'open' || op.op === 'escalate' || op.op === 'update';
    if (!raised || (op.colour !== 'yellow' && op.colour !== 'red') || op.note === 'technical') continue;
    const source = op.evidence.at(-1);
    if (source !== undefined && ![...before.values()].includes(source)) sources.add(source);
  }
  return [...sources].filter((source) => source.startsWith('Observation/'));
}

const isOutside = (reading: Reading): boolean =>
  reading.quality === 'good' && reading.withdrawn !== true && (isAmiss(reading.zone) || hits(reading));

const hits = ({ hits: found }: Entry): boolean => Object.values(found).some(isAmiss);

const isAmiss = (colour: string | undefined): boolean => colour === 'yellow' || colour === 'red';
