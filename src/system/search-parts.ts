import type { Log } from '../kernel/log.js';
import { startLoop } from '../storage/loop.js';
import type { TextIndex } from '../storage/search/text-index.js';

const everyMs = 2000;

/** Keeps the index of texts near the end of the change log, so that a search which needs it hardly waits. */
export const startTextIndexing = (texts: TextIndex, log: Log) =>
  startLoop({ name: 'texts', log, everyMs, round: () => texts.round() });
