/** `CarePlan/$revise`: a new draft while the plan in force goes on being monitored (decision 8). */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import type { Ids } from '../../kernel/ids.js';
import { inForce } from '../managed/protected-elements.js';
import { annotation } from '../vocabulary/annotation.js';
import { many, type Reference, referenceTo, withExtension } from '../vocabulary/element.js';
import { created } from '../vocabulary/module-change.js';
import { approvalUrl } from './frame-codec.js';

export interface Revision {
  readonly plan: Resource;
  /** Drafts of the patient: only one may replace the plan. */
  readonly drafts: readonly Resource[];
  /** Who revises, and is therefore not the one who approves. */
  readonly author: Reference;
  readonly note?: string | undefined;
  readonly now: number;
  readonly ids: Ids;
}

/** → the draft CarePlan: the content of the plan in force, without its approval, that `replaces` it. */
export function revisePlan({ plan, drafts, author, note, now, ids }: Revision): Change[] | Failure {
  if (!inForce(plan))
    return new Failure('conflict', `The plan is ${String(plan.status)}; a plan in force is revised.`, {
      expression: 'CarePlan.status',
    });
  const begun = drafts.find((draft) =>
    many<Reference>(draft.replaces).some(({ reference }) => reference === `CarePlan/${plan.id}`),
  );
  if (begun !== undefined)
    return new Failure('conflict', `A revision has been begun: CarePlan/${begun.id}. Change or revoke that one.`, {
      expression: 'CarePlan.replaces',
    });
  const { text: _text, ...content } = withExtension(plan, approvalUrl);
  const { profile } = plan.meta ?? {};
  const draft: Resource = {
    ...content,
    resourceType: 'CarePlan',
    id: ids.next(),
    ...(profile === undefined ? {} : { meta: { profile } }),
    status: 'draft',
    replaces: [referenceTo(plan)],
    created: instant(now),
    author,
    ...(note === undefined ? {} : { note: [...many<object>(plan.note), annotation(note, now, author)] }),
  };
  if (profile === undefined) delete draft.meta;
  return [created(draft)];
}
