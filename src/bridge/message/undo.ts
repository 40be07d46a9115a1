// A cancellation undoes what its original did; a changed message replaces it (kodeverk 7309).
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { asReference, many, type Reference, referenceTo, targetOf } from '../../followup/vocabulary/element.js';
import { updated } from '../../followup/vocabulary/module-change.js';
import type { View } from '../../interactions/commit-types.js';
import { instant } from '../../kernel/clock.js';
import type { MsgHead } from '../../mapping/plo/envelope.js';
import { summaryIdOf } from '../../mapping/plo/message-envelope.js';
import { findOne, partyReference } from './directory.js';
import { messageIdSystem, summaryIdSystem } from './identifiers.js';

export interface Undone {
  readonly changes: readonly Change[];
  /** The earlier message is here. */
  readonly found: boolean;
  /** Resources that were changed by others since, and were let be. */
  readonly left: readonly Reference[];
}

/**
 * What the earlier message of the conversation, or the discharge summary of the same id, made, as entered in error: the resources of its Provenance, its document
 * and its Communication. Stays, referrals and deaths have effects of their own and are undone by their own message types.
 */
export async function undoEarlier(head: MsgHead, view: View): Promise<Undone> {
  const sender = await partyReference(view, head.sender, ['Organization']);
  const document = (await earlierSummary(head, sender, view)) ?? (await earlierDocument(head, view));
  if (document !== undefined && !sameParty(asReference(many(document.author)[0]), sender))
    return { changes: [], found: false, left: [] };
  if (document === undefined) return { changes: [], found: false, left: [] };
  const changes: Change[] = [];
  const left: Reference[] = [];
  for (const resource of await madeBy(document, view)) {
    const undone = withdrawn(resource, view.now);
    if (undone === undefined) continue;
    if (resource.meta?.versionId === '1' || resource.resourceType === 'Task') changes.push(undone);
    else left.push(referenceTo(resource));
  }
  changes.push(updated(document, { status: 'entered-in-error' }));
  return { changes, found: true, left };
}

async function earlierDocument(head: MsgHead, view: View): Promise<Resource | undefined> {
  for (const value of [head.conversation?.parent, head.conversation?.conversation]) {
    const found =
      value === undefined ? undefined : await findOne(view, 'DocumentReference', { system: messageIdSystem, value });
    if (found !== undefined) return found.status === 'current' ? found : undefined;
  }
  return undefined;
}

/** A discharge summary has no conversation; it has an id that its sender gave it. */
async function earlierSummary(head: MsgHead, sender: Reference, view: View): Promise<Resource | undefined> {
  const id = summaryIdOf(head);
  if (id === undefined) return undefined;
  const identifier = encodeURIComponent(`${summaryIdSystem}|${id}`);
  const known = await view.search('DocumentReference', `identifier=${identifier}&status=current`);
  return known.find(({ author }) => sameParty(asReference(many(author)[0]), sender));
}

/** A message is taken back by the one who sent it. */
const sameParty = (author: Reference | undefined, sender: Reference): boolean =>
  sender.reference === undefined
    ? author?.identifier?.value === sender.identifier?.value
    : author?.reference === sender.reference;

/** Everything that the Provenance of a message names. */
async function madeBy(document: Resource, view: View): Promise<readonly Resource[]> {
  const [provenance] = await view.search('Provenance', `entity=DocumentReference/${document.id}`);
  const made: Resource[] = [];
  for (const reference of many<Reference>(provenance?.target)) {
    const key = targetOf(reference);
    const resource = key === undefined ? undefined : await view.read(key);
    if (resource !== undefined) made.push(resource);
  }
  return made;
}

const openTask = new Set(['draft', 'requested', 'received', 'accepted', 'ready', 'in-progress', 'on-hold']);
const enteredInError = (system: string) => ({
  coding: [{ system: `http://terminology.hl7.org/CodeSystem/${system}`, code: 'entered-in-error' }],
});

/** The resource as withdrawn; undefined for one that is not withdrawn this way, or has been already. */
function withdrawn(resource: Resource, now: number): Change | undefined {
  if (resource.status === 'entered-in-error') return undefined;
  switch (resource.resourceType) {
    case 'Condition':
      return updated(resource, {
        clinicalStatus: undefined,
        verificationStatus: enteredInError('condition-ver-status'),
      });
    case 'AllergyIntolerance':
      return updated(resource, {
        clinicalStatus: undefined,
        verificationStatus: enteredInError('allergyintolerance-verification'),
      });
    case 'Composition':
    case 'MedicationStatement':
    case 'Observation':
    case 'Communication':
      return updated(resource, { status: 'entered-in-error' });
    case 'ServiceRequest':
      return resource.intent === 'plan' ? updated(resource, { status: 'entered-in-error' }) : undefined;
    case 'Task':
      return openTask.has(String(resource.status))
        ? updated(resource, {
            status: 'cancelled',
            statusReason: { text: 'Meldingen er trukket tilbake eller erstattet av avsenderen.' },
            lastModified: instant(now),
          })
        : undefined;
    default:
      return undefined;
  }
}
