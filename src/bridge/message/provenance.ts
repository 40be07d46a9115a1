// https://hl7.org/fhir/R4/provenance.html : what a message made, and from which original.
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { asReference, type Identifier, many, type Reference, referenceTo } from '../../followup/vocabulary/element.js';
import { engineDevice, system } from '../../followup/vocabulary/systems.js';
import { instant } from '../../kernel/clock.js';
import type { Ids } from '../../kernel/ids.js';
import { messageIdSystem } from './identifiers.js';

const notNamed = new Set(['DocumentReference', 'Binary', 'Provenance']);

/**
 * One Provenance for everything the message caused: target = what it made or changed, entity = the original. Nothing where
 * the original is not kept, or nothing but the original came of it.
 */
export function provenanceOf(
  changes: readonly Change[],
  msgId: string,
  { now, ids }: { readonly now: number; readonly ids: Ids },
): readonly Change[] {
  const resources = changes.flatMap((change) => (change.op === 'delete' ? [] : [change.resource]));
  const document = resources.find((one) => one.resourceType === 'DocumentReference' && isOf(one, msgId));
  // An approval, say, has a Provenance of its own, which names who approved.
  const told = new Set(
    resources
      .filter(({ resourceType }) => resourceType === 'Provenance')
      .flatMap(({ target }) => many<Reference>(target).map(withoutVersion)),
  );
  const targets = resources.filter(
    ({ resourceType, id }) => !notNamed.has(resourceType) && id !== undefined && !told.has(`${resourceType}/${id}`),
  );
  if (document === undefined || targets.length === 0) return [];
  const sender = asReference(many(document.author)[0]);
  const provenance: Resource = {
    resourceType: 'Provenance',
    id: ids.next(),
    target: targets.map((one) => referenceTo(one)),
    recorded: instant(now),
    activity: { coding: [{ system: system.dataOperation, code: 'CREATE', display: 'create' }] },
    agent: [
      ...(sender === undefined ? [] : [{ type: agentType('author'), who: sender }]),
      { type: agentType('assembler'), who: engineDevice },
    ],
    entity: [{ role: 'source', what: referenceTo(document) }],
  };
  return [{ op: 'create', resource: provenance, by: 'module' }];
}

const withoutVersion = ({ reference }: Reference): string => reference?.replace(/\/_history\/.*$/, '') ?? '';

const agentType = (code: string) => ({ coding: [{ system: system.provenanceAgent, code }] });

const isOf = (document: Resource, msgId: string): boolean =>
  many<Identifier>(document.identifier).some((one) => one.system === messageIdSystem && one.value === msgId);
