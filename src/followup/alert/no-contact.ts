/** `Task/$no-contact`: the patient was not reached; the Task waits for the next attempt, later the same day or the next working day. */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import { currentOrNextShift, type Hours } from '../calendar/shift.js';
import { timeWords } from '../trend/trend-words.js';
import { colourOf } from '../projection/alert-element.js';
import { annotation } from '../vocabulary/annotation.js';
import { many, type Reference } from '../vocabulary/element.js';
import { updated } from '../vocabulary/module-change.js';

export interface Attempt {
  readonly task: Resource;
  readonly note?: string | undefined;
  /** When it is tried again, ms since 1970; default: by the end of a shift that has an hour left. */
  readonly retry?: number | undefined;
  readonly hours: Hours;
  readonly by: Reference;
  readonly now: number;
}

const ended = new Set(['completed', 'cancelled', 'rejected', 'failed', 'entered-in-error']);
const hour = 3_600_000;

/** → Task with a note of the attempt and the deadline of the next. The deadline of a red alert stays: its clock goes on. */
export function noContact({ task, note, retry, hours, by, now }: Attempt): Change[] | Failure {
  if (ended.has(String(task.status)))
    return new Failure('conflict', `The Task is ${String(task.status)}; nobody is to be reached about it any more.`, {
      expression: 'Task.status',
    });
  if (retry !== undefined && retry <= now)
    return new Failure('unprocessable', 'The next attempt lies ahead.', {
      expression: "Parameters.parameter.where(name='retry')",
    });
  const isRed = colourOf(task) === 'red';
  const next = retry ?? currentOrNextShift(now + hour, hours).end;
  const words = [
    'Ikke kontakt med pasienten.',
    ...(note === undefined ? [] : [note]),
    ...(isRed ? [] : [`Nytt forsøk innen ${timeWords(next)}.`]),
  ];
  return [
    updated(task, {
      lastModified: instant(now),
      note: [...many<object>(task.note), annotation(words.join(' '), now, by)],
      ...(isRed
        ? {}
        : {
            restriction: { ...(task.restriction as object | undefined), period: { end: instant(next) } },
            businessStatus: undefined,
          }),
    }),
  ];
}
