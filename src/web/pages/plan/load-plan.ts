import { canonicalContent } from '../../../followup/plan/canonical-content.js';
import type { FormNames } from '../../../followup/plan/rule-words.js';
import type { RuleSet } from '../../../followup/ruleset/grammar.js';
import { system } from '../../../followup/vocabulary/systems.js';
import type { FhirClient } from '../fhir/client.js';
import { idOf, parameterIn, versionOf } from '../fhir/reading.js';
import type { Parameters, Patient, Resource, Task } from '../fhir/types.js';
import { openStatuses } from '../alerts/worklist.js';
import { formNames } from '../form/questionnaire.js';
import { type CarePlan, rulesOf } from '../trend/plan-versions.js';
import { type Finding, findingsOf } from './findings.js';

/** One line of what differs from the plan that is replaced. */
export interface Change {
  readonly kind: 'added' | 'removed' | 'changed';
  readonly about: string;
  readonly text: string;
}

/** A plan that waits for an answer, with what it takes to give one. */
export interface Proposal {
  readonly plan: CarePlan;
  readonly rules: RuleSet;
  readonly forms: FormNames;
  readonly patient: Patient;
  /** undefined where it has been answered already. */
  readonly task: Task | undefined;
  /** The plan shown is, to the last character, the one that was sent. */
  readonly verified: boolean;
  /** Short form of the content hash. */
  readonly code: string;
  /** undefined for the patient's first plan. */
  readonly changes: readonly Change[] | undefined;
  readonly warnings: readonly Finding[];
  readonly override: string | undefined;
}

const approveCode = `${system.r4TaskCode}|approve`;

export async function loadProposal(fhir: FhirClient, id: string): Promise<Proposal> {
  const exact = await fhir.readExactly(`CarePlan/${id}`);
  const plan = exact as unknown as CarePlan & { readonly subject?: { readonly reference?: string } };
  const rules = rulesOf(plan);
  const [tasks, patient, changes, hash, forms] = await Promise.all([
    fhir.search<Task>('Task', {
      focus: `CarePlan/${id}`,
      code: approveCode,
      status: openStatuses,
      _sort: '-_lastUpdated',
    }),
    fhir.read<Patient>(plan.subject?.reference ?? ''),
    plan.replaces === undefined ? undefined : differences(fhir, id),
    hashOf(canonicalContent(exact)),
    formNames(fhir, rules),
  ]);
  const [task] = tasks;
  const sent = task?.input?.find(({ type }) => type?.text === 'content-hash')?.valueString;
  const input = task?.input ?? [];
  return {
    plan,
    rules,
    forms,
    patient,
    task,
    verified: sent === hash && versionOf(task?.focus) === plan.meta?.versionId,
    code: approvalCode(hash),
    changes,
    warnings: findingsOf(task),
    override: input.find(({ type }) => type?.text === 'override')?.valueString,
  };
}

async function hashOf(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return `sha256:${[...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

async function differences(fhir: FhirClient, id: string): Promise<readonly Change[]> {
  const answer = await fhir.operation<Parameters>(`CarePlan/${id}/$diff`);
  return (answer.parameter ?? [])
    .filter(({ name }) => name === 'change')
    .map(({ part }) => ({
      kind: (parameterIn(part, 'kind')?.valueCode ?? 'changed') as Change['kind'],
      about: parameterIn(part, 'about')?.valueString ?? '',
      text: parameterIn(part, 'text')?.valueString ?? '',
    }));
}

/** As in the message that the GP got: the first twelve hexadecimal digits, in groups of four. */
const approvalCode = (hash: string): string =>
  hash
    .slice('sha256:'.length, 'sha256:'.length + 12)
    .toUpperCase()
    .replace(/(.{4})(?=.)/g, '$1-');

/** One plan that waits, in the list. */
export interface Waiting {
  readonly task: Task;
  readonly plan: string;
  readonly patient: Patient | undefined;
}

export async function loadWaiting(fhir: FhirClient): Promise<readonly Waiting[]> {
  const found = await fhir.search<Resource>('Task', {
    code: approveCode,
    status: openStatuses,
    _include: 'Task:patient',
    _count: 500,
  });
  const patients = new Map(
    found.filter((one) => one.resourceType === 'Patient').map((one) => [one.id, one as Patient]),
  );
  return found
    .filter((one): one is Task => one.resourceType === 'Task')
    .flatMap((task) => {
      const plan = idOf(task.focus);
      return plan === undefined ? [] : [{ task, plan, patient: patients.get(idOf(task.for) ?? '') }];
    });
}
