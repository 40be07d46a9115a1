/**
 * Red has a clock (decision 13): a response time from receipt, then escalation along a configured chain. The default of
 * 15 minutes has no source; it is a setting. Where nobody is on duty and there is no after-hours desk, the patient is told
 * at once that nobody is watching, and whom to call.
 */
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import type { Ids } from '../../kernel/ids.js';
import { instant } from '../../kernel/clock.js';
import { annotation } from '../vocabulary/annotation.js';
import {
  asReference,
  type Extension,
  extensionOf,
  extensionsOf,
  many,
  type Reference,
  referenceTo,
  withExtension,
} from '../vocabulary/element.js';
import { created, updated } from '../vocabulary/module-change.js';
import { engineDevice, structure, system } from '../vocabulary/systems.js';
import { colourOf } from './alert-element.js';
import type { AlertColour } from '../ruleset/grammar.js';
import type { Draft } from './draft.js';
import type { ProjectionContext } from './projection-context.js';

export interface RedClockPolicy {
  /** ms from receipt, and from each step to the next. */
  readonly response: number;
  /** Who gets the alert after each response time without response. */
  readonly chain: readonly Reference[];
  /** After-hours desks by the name that plans use. */
  readonly desks?: Readonly<Record<string, Reference>>;
}

const url = structure('dho-red-clock');

function clockExtension(next: number | undefined, step: number): Extension {
  const due = next === undefined ? [] : [{ url: 'next', valueInstant: instant(next) }];
  return { url, extension: [{ url: 'step', valueInteger: step }, ...due] };
}

/** The Task of a red alert with its clock started. */
export const startRedClock = (task: Resource, { from, response }: { from: number; response: number }): Resource =>
  withExtension(task, url, clockExtension(from + response, 0));

/** Somebody has taken the alert, or it has ended. */
const unanswered = new Set(['requested', 'received']);

/** When the next step of an unanswered red alert is due, ms since 1970; undefined when there is none. */
export function redClockDue(task: Resource): number | undefined {
  const found = extensionOf(task, url);
  if (found === undefined || colourOf(task) !== 'red' || !unanswered.has(String(task.status))) return undefined;
  const next = extensionsOf(found, 'next')[0]?.valueInstant;
  return typeof next === 'string' ? Date.parse(next) : undefined;
}

/**
 * The due step of a red alert that nobody has answered: → Task to the next of the chain, priority stat, its clock running
 * on; after the last of the chain the patient is told whom to call, and the clock stops. `[]` where nothing is due.
 */
export function redClockStep(facts: {
  readonly task: Resource;
  readonly policy: RedClockPolicy;
  readonly now: number;
  readonly ids: Ids;
}): Change[] {
  const { task, policy, now, ids } = facts;
  const due = redClockDue(task);
  if (due === undefined || due > now) return [];
  const step = Number(extensionsOf(extensionOf(task, url), 'step')[0]?.valueInteger ?? 0);
  const next = policy.chain[step];
  const at = instant(now);
  const text =
    next === undefined
      ? 'Rødt varsel er ikke besvart, og varslingskjeden er gjennomgått. Pasienten er bedt om å ringe legevakt eller 113.'
      : `Rødt varsel er ikke besvart i tide. Sendt videre til ${next.display ?? next.reference ?? 'neste i varslingskjeden'}.`;
  const changed = withExtension(
    task,
    url,
    clockExtension(next === undefined ? undefined : now + policy.response, step + 1),
  );
  return [
    updated(task, {
      ...changed,
      status: 'requested',
      lastModified: at,
      ...(next === undefined ? {} : { owner: next, restriction: { period: { end: instant(now + policy.response) } } }),
      note: [...many<object>(task.note), annotation(text, now)],
    }),
    ...(next === undefined
      ? [created(tellPatient({ patient: asReference(task.for) ?? {}, about: asReference(task.focus), now, ids }))]
      : []),
  ];
}

/** Whose a red alert is: outside hours the desk that has the watch by the plan, where its address is set; else the centre. */
export function watchOf(
  op: { readonly colour: AlertColour; readonly due: { readonly label: string } },
  { owner, desks }: Pick<ProjectionContext, 'owner' | 'desks'>,
): Reference {
  const desk = op.colour === 'red' ? /^ASAP\/(.+)$/.exec(op.due.label)?.[1] : undefined;
  return (desk !== undefined && desks !== undefined && Object.hasOwn(desks, desk) ? desks[desk] : undefined) ?? owner;
}

/** Told at once when a red alert comes while nobody is on duty and no other desk has the watch. */
export function nobodyWatching(dueLabel: string, issue: Resource, draft: Draft): void {
  if (dueLabel !== 'ASAP/outside-hours') return;
  const { patient, now, ids } = draft.context;
  draft.add(tellPatient({ patient, about: referenceTo(issue), now, ids }));
}

const message =
  'Målingen eller svaret ditt ligger i rød sone, og ingen følger med akkurat nå. Ring 113 ved akutt fare for liv og helse, ' +
  'ellers legevakten på 116117. Oppfølgingssenteret tar kontakt når det åpner.';

/** https://hl7.org/fhir/R4/communication.html */
function tellPatient(facts: { patient: Reference; about: Reference | undefined; now: number; ids: Ids }): Resource {
  const { patient, about, now, ids } = facts;
  return {
    resourceType: 'Communication',
    id: ids.next(),
    meta: { profile: [structure('dho-communication')] },
    status: 'in-progress',
    category: [{ coding: [{ system: system.messageTopic, code: 'nobody-watching', display: 'Ingen følger med nå' }] }],
    priority: 'stat',
    subject: patient,
    topic: { text: 'Ingen følger med nå' },
    ...(about === undefined ? {} : { about: [about] }),
    sent: instant(now),
    recipient: [patient],
    sender: engineDevice,
    payload: [{ contentString: message }],
  };
}
