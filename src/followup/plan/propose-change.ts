/** `CarePlan/$propose-change`: a comment on a plan, for those who write it. */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { instant } from '../../kernel/clock.js';
import { Failure } from '../../kernel/failure.js';
import type { Ids } from '../../kernel/ids.js';
import { annotation } from '../vocabulary/annotation.js';
import { asReference, many, type Reference, referenceTo } from '../vocabulary/element.js';
import { created, updated } from '../vocabulary/module-change.js';
import { worklistTask } from '../vocabulary/worklist.js';

export interface Proposal {
  readonly plan: Resource;
  readonly comment: string;
  readonly by: Reference;
  /** The open Task `approve` of the plan, where it waits for an answer and the caller is who may answer. */
  readonly asked?: Resource | undefined;
  readonly centre: Reference;
  readonly now: number;
  readonly ids: Ids;
}

/** → Task `plan-change-proposed` for the centre first, then the Task `approve` on hold with the comment. */
export function proposeChange({ plan, comment, by, asked, centre, now, ids }: Proposal): Change[] | Failure {
  if (plan.status !== 'draft' && plan.status !== 'active')
    return new Failure('conflict', `The plan is ${String(plan.status)} and is not changed any more.`, {
      expression: 'CarePlan.status',
    });
  if (comment.trim() === '')
    return new Failure('unprocessable', 'Say in the parameter comment what should be different.', {
      expression: "Parameters.parameter.where(name='comment')",
      code: 'required',
    });
  const note = annotation(comment, now, by);
  const task = worklistTask(
    {
      code: 'plan-change-proposed',
      patient: asReference(plan.subject),
      focus: referenceTo(plan),
      ...(asked === undefined ? {} : { basedOn: [referenceTo(asked)] }),
      owner: centre,
      description: `Forslag til endring i egenbehandlingsplanen fra ${by.display ?? 'en som deltar i oppfølgingen'}: ${comment}`,
    },
    { ids, now },
  );
  return [
    created({ ...task, requester: by, note: [note] }),
    ...(asked === undefined
      ? []
      : [
          updated(asked, {
            status: 'on-hold',
            statusReason: { text: `Endring foreslått: ${comment}` },
            note: [...many<object>(asked.note), note],
            lastModified: instant(now),
          }),
        ]),
  ];
}
