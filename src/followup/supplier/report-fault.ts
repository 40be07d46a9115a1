/** `Device/$report-fault`: the supplier hears that equipment does not work. */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import { stateAfter, withState } from '../equipment/equipment-state.js';
import { annotation } from '../vocabulary/annotation.js';
import { many, type Reference, referenceTo } from '../vocabulary/element.js';
import { updated } from '../vocabulary/module-change.js';
import { type Asking, createdFor, equipmentWords, supplierTask } from './supplier-task.js';

export interface Fault extends Asking {
  readonly device: Resource;
  readonly supplier: Reference;
  /** What is wrong. The supplier reads it: no names. */
  readonly description: string;
  /** Follow-up stands still meanwhile: the supplier's emergency line is called too. */
  readonly critical: boolean;
  /** It is sent in: its state becomes `repair`. */
  readonly repair: boolean;
  /** The open Task `equipment-fault` of this device. */
  readonly open?: Resource | undefined;
}

/** → Task `equipment-fault` for the supplier, or a note on the open one; the device at repair where it is sent in. */
export function reportFault(facts: Fault): Change[] | Failure {
  const { device, supplier, description, critical, repair, open, by, now } = facts;
  const words = `Feil på ${equipmentWords(device)}: ${description}`;
  const task =
    open === undefined
      ? createdFor(
          supplier,
          supplierTask(
            {
              code: 'equipment-fault',
              supplier,
              focus: referenceTo(device),
              description: words,
              priority: critical ? 'stat' : 'urgent',
            },
            facts,
          ),
        )
      : updated(open, {
          lastModified: instant(now),
          ...(critical ? { priority: 'stat' } : {}),
          note: [...many<object>(open.note), annotation(description, now, by)],
        });
  if (!repair) return [task];
  const state = stateAfter(device, 'to-repair');
  if (state instanceof Failure) return state;
  return [task, updated(withState(device, state), {})];
}
