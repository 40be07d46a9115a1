// ORM^O01 and OMG^O19 (orders), REF^I12 (referral) to the service: https://www.hl7.eu/HL7v2x/v251/std251/ch04.html, ch11.html
import type { Change } from '../../fhir/change.js';
import type { Resource } from '../../fhir/resource.js';
import { type Identifier, many, type Reference, referenceTo } from '../../followup/vocabulary/element.js';
import { receiveReferral } from '../../followup/referral/receive-referral.js';
import type { View } from '../../interactions/commit-types.js';
import { Failure } from '../../kernel/failure.js';
import { component, professional } from '../../mapping/hl7/data-types.js';
import { groupSegments } from '../../mapping/hl7/segment-groups.js';
import { runMap } from '../../mapping/run-map.js';
import { childOf, childrenOf, type XmlElement } from '../../mapping/xml/xml-element.js';
import type { MessageParts } from '../message-parts.js';
import { findOne } from '../message/directory.js';
import { changeReferral, withdrawReferral } from '../message/referral-change.js';
import { type ArrivedHl7, senderName, type TreatHl7 } from './arrived-hl7.js';
import { centreOf, keepOriginal, mapParameters, ownSystem, readingTask, senderReference } from './keep-original.js';
import { toldPatient } from './patient-details.js';

/** One order of a message: its segments, its number, and what is to be done with it. */
interface Order {
  readonly tree: XmlElement;
  readonly number: string;
  readonly control: 'new' | 'change' | 'cancel';
}

/** ORC-1 (HL7 table 0119) and, for a referral, its own event. */
const controls: Readonly<Record<string, Order['control']>> = {
  NW: 'new',
  '': 'new',
  SN: 'new',
  RP: 'change',
  XO: 'change',
  XX: 'change',
  CA: 'cancel',
  DC: 'cancel',
  OC: 'cancel',
};

/**
 * ServiceRequest + Task for the centre, the Patient where it is new here, and the original. A change or cancellation takes
 * effect as long as nobody has decided on the referral; else a person gets the message.
 */
export const treatOrder: TreatHl7 = (arrived, parts) => {
  const { type, event } = arrived.read.header;
  const name = type === 'REF' ? 'Henvisning (REF^I12)' : `Rekvisisjon (${type}^${event})`;
  const map = type === 'REF' ? 'ref-i12' : 'hl7-order';
  const orders = ordersOf(arrived);
  return async (view) => {
    const [known, second] = await view.patients(arrived.identity);
    const patient = known ?? {
      ...toldPatient(arrived, parts),
      identifier: newIdentifiers(arrived, parts),
      id: parts.ids.next(),
    };
    const subject = referenceTo(patient);
    const original = keepOriginal(arrived, subject, { name }, { view, ids: parts.ids });
    const owner = await centreOf(view, parts);
    const toRead = (reason: string): Change =>
      readingTask(arrived, { patient: subject, owner, document: original.document, name, reason }, view, parts);
    if (second !== undefined)
      return [...original.changes, toRead('Flere pasienter er registrert med denne identiteten.')];
    const changes: Change[] = known === undefined ? [{ op: 'create', resource: patient, by: 'module' }] : [];
    for (const order of orders) {
      const identifier = { system: ownSystem(arrived, 'order-number'), value: order.number };
      const stored = await findOne(view, 'ServiceRequest', identifier);
      const referral = runMap(parts.maps.named(map), order.tree, {
        ...mapParameters(arrived),
        orderIdentifier: identifier,
        subject,
        requester: await requesterOf(arrived, order.tree, view),
        performer: owner,
        original: original.document,
      }).resources[0]!;
      changes.push(...(await handle({ order, stored, referral, owner, toRead, view, parts })));
    }
    return [...original.changes, ...changes];
  };
};

interface Case {
  readonly order: Order;
  readonly stored: Resource | undefined;
  readonly referral: Resource;
  readonly owner: Reference;
  readonly toRead: (reason: string) => Change;
  readonly view: View;
  readonly parts: MessageParts;
}

async function handle({ order, stored, referral, owner, toRead, view, parts }: Case): Promise<readonly Change[]> {
  if (order.control === 'cancel' || (order.control === 'change' && stored !== undefined)) {
    const { changes, reason } =
      order.control === 'cancel' ? await withdrawReferral(stored, view) : await changeReferral(stored, referral, view);
    return [...changes, toRead(reason)];
  }
  if (stored !== undefined) return [toRead('Henvisningen er mottatt tidligere.')];
  return receiveReferral({ referral, owner, channel: 'message', now: view.now, ids: parts.ids });
}

function ordersOf(arrived: ArrivedHl7): readonly Order[] {
  const { tree, header } = arrived.read;
  if (header.type === 'REF') {
    const rf1 = childOf(tree, 'RF1');
    if (rf1 === undefined) throw new Failure('unprocessable', 'The message holds no RF1 segment.');
    const number = component(childOf(rf1, 'RF1.6'), 1) ?? arrived.messageId;
    return [{ tree, number, control: 'new' }];
  }
  const orders = groupSegments(tree).flatMap((group) => group.orders);
  if (orders.length === 0) throw new Failure('unprocessable', 'The message holds no ORC or OBR segment.');
  return orders.map(({ tree: own, results }, index) => {
    const [orc, obr] = [childOf(own, 'ORC'), childOf(own, 'OBR')];
    const control = controls[component(childOf(orc, 'ORC.1'), 1) ?? ''];
    if (control === undefined)
      throw new Failure('unprocessable', 'ORC-1 asks for something that is not done here: NW, RP, XO, CA and DC are.', {
        expression: 'ORC.1',
      });
    const number =
      component(childOf(orc, 'ORC.2'), 1) ?? component(childOf(obr, 'OBR.2'), 1) ?? `${arrived.messageId}/${index + 1}`;
    // What the referrer has measured stands with the order, as text.
    const withResults = { ...own, children: [...own.children, ...results.flatMap((one) => childrenOf(one, 'OBX'))] };
    return { tree: withResults, number, control };
  });
}

/** Numbers of a Patient that is made: the national one and the hospital's own. */
function newIdentifiers(arrived: ArrivedHl7, parts: MessageParts): readonly Identifier[] {
  const others = many<Identifier>(toldPatient(arrived, parts).identifier).filter(
    ({ value, system }) =>
      value !== arrived.identity.value && system?.startsWith('urn:oid:2.16.578.1.12.4.1.4.') !== true,
  );
  return [{ ...arrived.identity }, ...others];
}

/** The organisation that sends, where the directory has it; else the professional who is named, or the sender's name. */
async function requesterOf(arrived: ArrivedHl7, tree: XmlElement, view: View): Promise<Reference> {
  const sender = senderReference(arrived);
  const { identifier } = sender;
  const known =
    identifier?.system === undefined || identifier.value === undefined
      ? undefined
      : await findOne(view, 'Organization', { system: identifier.system, value: identifier.value });
  if (known !== undefined) return referenceTo(known, sender.display);
  const named = childOf(childOf(tree, 'ORC'), 'ORC.12') ?? childOf(childOf(tree, 'OBR'), 'OBR.16');
  return (named && (professional(named) as Reference | undefined)) ?? { ...sender, display: senderName(arrived) };
}
