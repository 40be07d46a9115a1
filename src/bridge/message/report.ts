// Reports and information about a patient: medical information, discharge report, epikrise, early notice, report at admission,
// information to the GP, services. https://www.ehelse.no/standardisering/standarder/pleie-og-omsorgsmeldinger
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import type { Reference } from '../../followup/vocabulary/element.js';
import type { View } from '../../interactions/commit-types.js';
import { sendStatusOf } from '../../mapping/plo/send-status.js';
import type { MessageParts } from '../message-parts.js';
import type { Arrived, Treat } from './arrived.js';
import { partyReference } from './directory.js';
import { messagePartSystem } from './identifiers.js';
import { keepMessage } from './keep.js';
import { mapMessage } from './map-message.js';
import { patientOf, readingTask } from './read.js';
import { type Undone, undoEarlier } from './undo.js';

/**
 * The original, a Task to read it, and for a patient known here what the report says as Composition, Condition,
 * MedicationStatement, AllergyIntolerance, Observation and ServiceRequest. A changed report replaces what the earlier one
 * brought; a cancelled one takes it back.
 */
export const treatReport: Treat = (arrived, parts) => {
  mapMessage(arrived, parts, {});
  return async (view) => {
    const patient = await patientOf(arrived, view);
    const status = sendStatusOf(arrived.head);
    const undone = status === 'N' ? undefined : await undoEarlier(arrived.head, view);
    const kept = await keepMessage(arrived, patient, view, parts);
    const brought = patient === undefined || status === 'C' ? [] : await broughtBy(arrived, patient, view, parts);
    const reason = undone && reasonOf(status, undone);
    return [
      ...kept.changes,
      ...(undone?.changes ?? []),
      ...brought,
      await readingTask(arrived, { kept, patient, reason }, view, parts),
    ];
  };
};

function reasonOf(status: 'M' | 'C' | 'N', { found, left }: Undone): string {
  if (!found) return 'Den tidligere meldingen er ikke mottatt her.';
  const done = status === 'C' ? 'Det den førte til, er trukket tilbake.' : 'Den erstatter den tidligere meldingen.';
  return left.length === 0 ? done : `${done} Noe er endret her siden og må vurderes av en person.`;
}

async function broughtBy(
  arrived: Arrived,
  subject: Reference,
  view: View,
  parts: MessageParts,
): Promise<readonly Change[]> {
  const sender = await partyReference(view, arrived.head.sender, ['Organization']);
  return mapMessage(arrived, parts, { subject, sender }).map((resource, index) => ({
    op: 'create',
    by: 'module',
    resource: numbered({ ...resource, id: parts.ids.next() }, `${arrived.head.id}/${index + 1}`),
  }));
}

const numbered = (resource: Resource, value: string): Resource =>
  resource.resourceType === 'Composition'
    ? resource
    : { ...resource, identifier: [{ system: messagePartSystem, value }] };
