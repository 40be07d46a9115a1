/** Ops that ask a person for something, or tell of input that could not become a finding. Never silent (decision 11). */
import { instant } from '../../kernel/clock.js';
import { dueFor } from '../calendar/due-for.js';
import { usualHours } from '../calendar/shift.js';
import type {
  IncompleteOp,
  MeasureOp,
  PlanNotActiveOp,
  Provenance,
  StoredPausedOp,
  TaskOp,
  UnreadOp,
} from '../engine/op.js';
import { annotation } from '../vocabulary/annotation.js';
import { type TaskCode, taskCode } from '../vocabulary/codes.js';
import { many } from '../vocabulary/element.js';
import { identifierSystem } from '../vocabulary/systems.js';
import { type WorklistEntry, worklistTask } from '../vocabulary/worklist.js';
import type { Draft } from './draft.js';
import { evidenceReferences } from './evidence.js';
import { raiseAlert } from './raise-alert.js';

/** The end of the shift that is on, or of the next. */
function endOfShift(received: number, draft: Draft): { label: string; at?: number } {
  const plan = draft.context.plan?.ruleSet;
  return dueFor('yellow', received, {
    calendar: plan?.serviceCalendar ?? usualHours,
    zone: plan?.timezone ?? 'Europe/Oslo',
  });
}

interface Asked {
  readonly code: TaskCode;
  /** What makes two entries the same one, beside patient and code. */
  readonly about: string;
  readonly description: string;
  readonly priority?: WorklistEntry['priority'];
  readonly due?: number | undefined;
}

/** A new entry, or a note on the open one about the same thing. */
function ask(asked: Asked, op: Provenance, draft: Draft): void {
  const { context } = draft;
  const identity = [context.patientId, asked.code, asked.about].join('|');
  const open = draft.task(identity);
  const at = instant(context.now);
  if (open !== undefined) {
    const note = annotation(asked.description, context.now);
    draft.keepTask({ ...open, lastModified: at, note: [...many<object>(open.note), note] });
    return;
  }
  const focus = evidenceReferences(op.evidence).at(-1);
  draft.keepTask(
    worklistTask(
      {
        code: asked.code,
        patient: context.patient,
        focus,
        ...(context.plan === undefined ? {} : { basedOn: [{ reference: context.plan.reference }] }),
        owner: context.owner,
        priority: asked.priority ?? 'urgent',
        due: asked.due ?? endOfShift(op.received, draft).at,
        description: asked.description,
        identifier: { system: identifierSystem.worklist, value: identity },
      },
      context,
    ),
  );
}

const lastOf = (op: Provenance): string => op.evidence.at(-1) ?? String(op.t);

/** «Ring etter 3 gule alarmer» */
export function escalationTask(op: TaskOp, draft: Draft): void {
  const code = op.action in taskCode ? (op.action as TaskCode) : 'escalation';
  const what = code === 'escalation' ? op.action : taskCode[code];
  ask({ code, about: `${op.escalation}|${lastOf(op)}`, description: `${what}: ${op.words}` }, op, draft);
}

export function repeatRequest(op: MeasureOp, draft: Draft): void {
  ask(
    { code: 'repeat-measurement', about: op.measure, description: `Uvanlig verdi, be om ny måling: ${op.words}` },
    op,
    draft,
  );
}

export function unplanned(op: MeasureOp, draft: Draft): void {
  ask(
    {
      code: 'unplanned-measurement',
      about: op.measure,
      description: `Måling som ikke står i planen: ${op.words}`,
      priority: 'routine',
    },
    op,
    draft,
  );
}

/** Sent again: nothing to do, but on record. The Task is born completed. */
export function duplicate(op: MeasureOp, draft: Draft): void {
  const { context } = draft;
  const focus = evidenceReferences(op.evidence).at(-1);
  const task = worklistTask(
    {
      code: 'duplicate-measurement',
      patient: context.patient,
      focus,
      owner: context.owner,
      description: `Samme innhold mottatt før: ${op.words}`,
    },
    context,
  );
  draft.add({ ...task, status: 'completed' });
}

/** The same reading with another value: technical alert with both; the first value stays. */
export function conflict(op: MeasureOp, draft: Draft): void {
  const due = endOfShift(op.received, draft);
  const words = `To ulike verdier for samme måling. Beholdt: ${op.kept ?? 'den første'}. Ny: ${op.words}`;
  raiseAlert({ ...op, op: 'open', rule: `conflict:${op.measure}`, colour: 'technical', due, words }, draft);
}

/** Red during a pause of everything opens no colour alert, but is on the worklist at once (decision 12). */
export function storedPaused(op: StoredPausedOp, draft: Draft): void {
  if (op.zone !== 'red') return;
  const due = op.received + draft.context.redResponse;
  ask(
    {
      code: 'measured-under-pause',
      about: lastOf(op),
      description: `Målt under pause, rød sone: ${op.words}`,
      priority: 'stat',
      due,
    },
    op,
    draft,
  );
}

/** What no rule reads and no alert shows, a person reads. */
export function unread(op: UnreadOp, draft: Draft): void {
  const of = {
    form: { code: 'read-form', words: `Besvart skjema som ingen regel leser: ${op.words}` },
    message: { code: 'read-message', words: `Mottatt under pause: ${op.words}` },
  } as const;
  const { code, words } = of[op.what];
  ask({ code, about: op.name, description: words, priority: 'routine' }, op, draft);
}

export function incomplete(op: IncompleteOp, draft: Draft): void {
  const missing = op.missing.length === 0 ? '' : ` (mangler ${op.missing.join(', ')})`;
  ask(
    {
      code: 'incomplete-form',
      about: `${op.rule}|${lastOf(op)}`,
      description: `Skjemaet kan ikke skåres${missing}: ${op.words}`,
    },
    op,
    draft,
  );
}

export function planNotActive(op: PlanNotActiveOp, draft: Draft): void {
  ask(
    {
      code: 'plan-not-active',
      about: op.status,
      description: `Planen er ikke godkjent (${op.status}) og overvåkes ikke.`,
    },
    op,
    draft,
  );
}
