/** What the record keeps of the running service as its resources change. */
import type { Op } from '../../followup/engine/op.js';
import { greenAlertsOffUrl } from '../../followup/episode/green-alerts.js';
import { phaseUrl } from '../../followup/episode/move-episode.js';
import { pauseOf } from '../../followup/episode/pause-element.js';
import { isPlan } from '../../followup/managed/guard-managed.js';
import { inForce } from '../../followup/managed/protected-elements.js';
import { approvalOf } from '../../followup/plan/frame-codec.js';
import { asReference, type Coding, extensionOf, hasCode, type Period } from '../../followup/vocabulary/element.js';
import { system } from '../../followup/vocabulary/systems.js';
import type { Resource } from '../../fhir/resource.js';
import type { Event } from './concerned-patients.js';
import type { PatientRecord } from './patient-record.js';

/** An event of the service itself, of the plan in force, or of a stay in hospital. */
export function noteService(record: PatientRecord, event: Event): void {
  noteEpisode(record, event);
  notePlan(record, event);
  noteStay(record, event);
}

function noteEpisode(record: PatientRecord, { after, received }: Event): void {
  if (after?.resourceType !== 'EpisodeOfCare' || !hasCode(after['type'], system.service)) return;
  const owner = asReference(after['managingOrganization']);
  if (owner !== undefined) record.owner = owner;
  if (after['status'] === 'finished' || after['status'] === 'cancelled') record.ended = true;
  else if (after['status'] === 'active') delete record.ended;
  noteCourse(record, after, received);
  if (extensionOf(after, greenAlertsOffUrl) === undefined) delete record.greenOff;
  else record.greenOff = true;
  const end = after['status'] === 'onhold' ? Date.parse(pauseOf(after)?.plannedEnd ?? '') : Number.NaN;
  if (Number.isNaN(end)) delete record.pauseEnd;
  else record.pauseEnd = end;
}

function noteCourse(record: PatientRecord, after: Resource, received: number): void {
  const start = Date.parse(String((after['period'] as Period | undefined)?.start ?? ''));
  const onHold = after['status'] === 'onhold';
  const running = after['status'] === 'active' || onHold;
  if (!running || Number.isNaN(start)) {
    delete record.course;
    return;
  }
  const phase = (extensionOf(after, phaseUrl)?.valueCoding as Coding | undefined)?.code;
  const before = record.course?.start === start ? record.course : undefined;
  // A stay in hospital is evaluated when the patient is followed up again.
  const changed =
    onHold && pauseOf(after)?.reason === 'hospital'
      ? ({ why: 'admission', at: received } as const)
      : before?.changed !== undefined && before.paused === true && !onHold
        ? { ...before.changed, at: received }
        : before?.changed;
  record.course = {
    start,
    trial: phase === 'trial',
    ...(onHold ? { paused: true as const } : {}),
    ...(changed === undefined ? {} : { changed }),
    made: before?.made ?? {},
  };
}

/** While the hospital answers for the plan in force, it is to be handed over. */
function notePlan(record: PatientRecord, { after, before }: Event): void {
  const plan = after ?? before;
  if (plan?.resourceType !== 'CarePlan' || !isPlan(plan)) return;
  const name = `CarePlan/${plan.id}`;
  const { responsible, at } = after !== undefined && inForce(after) ? (approvalOf(after) ?? {}) : {};
  const since = Date.parse(at ?? '');
  if (responsible === 'sykehus' && !Number.isNaN(since)) record.hospital = { plan: name, since };
  else if (record.hospital?.plan === name) delete record.hospital;
}

const admissions = new Set(['IMP', 'ACUTE', 'NONAC']);
const isAdmission = (stay: Resource | undefined): boolean =>
  stay?.['status'] === 'in-progress' && admissions.has(String((stay['class'] as Coding | undefined)?.code));

/** The patient is admitted: the condition has changed. */
function noteStay(record: PatientRecord, { after, before, received }: Event): void {
  if ((after ?? before)?.resourceType !== 'Encounter' || record.course === undefined) return;
  if (isAdmission(after) && !isAdmission(before))
    record.course = { ...record.course, changed: { why: 'admission', at: received } };
  const withdrawn = after === undefined || after['status'] === 'entered-in-error';
  if (withdrawn && isAdmission(before) && record.course.changed?.why === 'admission') {
    const { changed: _changed, ...rest } = record.course;
    record.course = rest;
  }
}

const redDays = 14;
const redTimes = 2;

/** Red alerts again and again: the condition has changed. */
export function noteReds(record: PatientRecord, ops: readonly Op[], now: number): void {
  if (!ops.some((op) => (op.op === 'open' || op.op === 'escalate') && op.colour === 'red')) return;
  const reds = [...(record.reds ?? []).filter((at) => at > now - redDays * 86_400_000), now];
  const again = reds.length >= redTimes && record.course !== undefined;
  if (again) record.course = { changed: { why: 'red', at: now }, ...record.course! };
  if (again) delete record.reds;
  else record.reds = reds;
}
