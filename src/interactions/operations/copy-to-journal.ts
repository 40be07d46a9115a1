// DetectedIssue/$copy-to-journal: profiles/operations/DetectedIssue-copy-to-journal.json
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { copyToJournal, evidenceKeys, journalId } from '../../followup/alert/journal-copy.js';
import { ruleSetFromCarePlan } from '../../followup/plan/rule-set-from-care-plan.js';
import { alertOf } from '../../followup/projection/alert-element.js';
import { asReference, many, type Reference } from '../../followup/vocabulary/element.js';
import { Failure } from '../../kernel/failure.js';
import type { View } from '../commit-types.js';
import { accessEntry } from '../audit-access.js';
import type { Operation } from '../operation.js';
import { resourceResponse } from '../respond.js';
import { callerReference, demandRole, keyIn, runOperation } from './run-operation.js';

/** A closed alert as VKP document for the patient record. */
export const copy: Operation = {
  name: 'copy-to-journal',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/DetectedIssue-copy-to-journal',
  type: 'DetectedIssue',
  level: 'instance',
  affectsState: true,
  amountsTo: 'update',
  followUp: true,
  async handle(request, context) {
    demandRole(context.principal, ['municipality', 'admin'], 'Only the follow-up centre copies to the patient record.');
    let copied: Resource | undefined;
    const answer = await runOperation({
      request,
      context,
      name: '$copy-to-journal',
      key: { type: 'DetectedIssue', id: request.segments[1]! },
      first: true,
      async decide(issue, view) {
        copied = await view.read({ type: 'Bundle', id: journalId(issue) });
        return copied === undefined ? journalChanges(issue, callerReference(context.principal), view) : [];
      },
    });
    if (copied === undefined) return answer;
    const key = { type: 'Bundle', id: copied.id! };
    const entry = accessEntry(context, { action: '$copy-to-journal', type: 'Bundle' });
    const row = await context.services.read(key, context.principal, entry);
    if (row?.text === undefined || row.text === null)
      throw new Failure('conflict', 'The alert was copied by another party.', { expression: 'DetectedIssue' });
    return resourceResponse({ ...row, text: row.text });
  },
};

/** The messages of the thread that an alert is about, oldest first. */
async function exchangeOf(issue: Resource, patient: Resource, view: View): Promise<readonly Resource[]> {
  const rule = alertOf(issue)?.rule ?? '';
  if (!rule.startsWith('message:')) return [];
  const thread = rule.slice('message:'.length);
  const answers = (one: Resource): boolean =>
    [...many<Reference>(one['inResponseTo']), ...many<Reference>(one['partOf'])].some(
      ({ reference }) => reference === `Communication/${thread}`,
    );
  const all = await view.search('Communication', `patient=Patient/${patient.id}`);
  return all
    .filter((one) => one.id === thread || answers(one))
    .toSorted((a, b) => (String(a['sent']) < String(b['sent']) ? -1 : 1));
}

/**
 * The document of an alert that is closed, or is being closed in the same commit.
 *
 * @param by the author, where the alert does not say who closed it
 */
export async function journalChanges(issue: Resource, by: Reference, view: View): Promise<Change[] | Failure> {
  const key = keyIn(issue['patient']);
  const patient = key === undefined ? undefined : await view.read(key);
  if (patient === undefined)
    return new Failure('unprocessable', 'The alert names no patient.', { expression: 'DetectedIssue.patient' });
  const closing = many<{ action?: { text?: string }; date?: string; author?: Reference }>(issue['mitigation']).at(-1);
  const found = await Promise.all(evidenceKeys(issue).map((one) => view.read(one)));
  const planKey = keyIn(asReference({ reference: alertOf(issue)?.plan }));
  const plan = planKey === undefined ? undefined : await view.read(planKey);
  return copyToJournal({
    issue,
    patient,
    evidence: found.filter((one) => one !== undefined),
    plan: plan === undefined ? undefined : ruleSetFromCarePlan(plan),
    author: closing?.author ?? by,
    note: closing?.action?.text ?? '',
    exchange: await exchangeOf(issue, patient, view),
    closed: closing?.date === undefined ? view.now : Date.parse(closing.date),
  });
}
