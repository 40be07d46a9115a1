// ORU^R01, unsolicited results: https://www.hl7.eu/HL7v2x/v251/std251/ch07.html
import { keyOf, type Resource } from '../../fhir/resource.js';
import type { Change } from '../../fhir/change.js';
import { hasCode, type Identifier, many, type Reference, referenceTo } from '../../followup/vocabulary/element.js';
import { updated } from '../../followup/vocabulary/module-change.js';
import type { View } from '../../interactions/commit-types.js';
import { Failure } from '../../kernel/failure.js';
import { component } from '../../mapping/hl7/data-types.js';
import { patientIdentityOf } from '../../mapping/hl7/patient-identity.js';
import { groupSegments, type OrderGroup, type PatientGroup } from '../../mapping/hl7/segment-groups.js';
import { type Parameters, runMap } from '../../mapping/run-map.js';
import { childOf, childrenOf, type XmlElement } from '../../mapping/xml/xml-element.js';
import type { MessageParts } from '../message-parts.js';
import { findOne } from '../message/directory.js';
import { type ArrivedHl7, type TreatHl7 } from './arrived-hl7.js';
import { keepOriginal, mapParameters, ownSystem } from './keep-original.js';

const name = 'Målinger og prøvesvar (ORU^R01)';

/**
 * One Observation per result and one DiagnosticReport per order. A correction or withdrawal of a result that came before
 * changes that Observation, so the follow-up judges it again; the order number, code and sub-id say which it is. A person
 * unknown here stays a logical reference and comes on the worklist (decision 3).
 */
export const treatResults: TreatHl7 = (arrived, parts) => {
  const groups = groupSegments(arrived.read.tree);
  if (groups.every(({ orders }) => orders.length === 0))
    throw new Failure('unprocessable', 'The message holds no OBR segment.');
  for (const group of groups) patientOf(group);
  for (const tree of groups.flatMap(({ orders }) => orders.flatMap(({ results }) => results)))
    mapResult(tree, {}, parts);
  return async (view) => {
    const changes: Change[] = [];
    for (const group of groups) changes.push(...(await patientResults(arrived, group, view, parts)));
    return changes;
  };
};

function patientOf({ tree }: PatientGroup): { readonly system: string; readonly value: string } {
  const identity = patientIdentityOf(tree);
  if (identity === undefined)
    throw new Failure('unprocessable', 'PID-3 holds no valid Norwegian identity number.', { expression: 'PID.3' });
  return identity;
}

function mapResult(tree: XmlElement, parameters: Parameters, { maps }: MessageParts): Mapped {
  const { resources, missing, unmapped } = runMap(maps.named('oru-r01'), tree, parameters);
  if (missing.length > 0) throw new Failure('unprocessable', `A result lacks ${missing.join(', ')}.`);
  return { resource: resources[0]!, unmapped };
}

interface Mapped {
  readonly resource: Resource;
  readonly unmapped: readonly string[];
}

async function patientResults(
  arrived: ArrivedHl7,
  group: PatientGroup,
  view: View,
  parts: MessageParts,
): Promise<readonly Change[]> {
  const identity = patientOf(group);
  const [known, second] = await view.patients(identity);
  const subject: Reference =
    known === undefined || second !== undefined ? { type: 'Patient', identifier: { ...identity } } : referenceTo(known);
  const changes = new Map<string, Change>();
  const unmapped = new Set<string>();
  for (const order of group.orders) {
    const isReported = childOf(order.tree, 'OBR') !== undefined;
    const mapped = order.results
      .filter((tree) => !isReported || presentedForm(tree) === undefined)
      .map((tree) =>
        mapResult(
          tree,
          { ...mapParameters(arrived), subject, resultIdentifier: resultIdentifier(arrived, tree) },
          parts,
        ),
      );
    for (const { unmapped: left } of mapped) for (const path of left) unmapped.add(path);
    const results = panelled(mapped.map(({ resource }) => resource));
    const references: Reference[] = [];
    for (const result of results) {
      const { change, reference } = await placed(result, view, parts);
      changes.set(reference.reference!, change);
      references.push(reference);
    }
    const report = await reportOf(arrived, order, { subject, references, view, parts });
    if (report !== undefined) changes.set(report.reference.reference!, report.change);
  }
  const original = keepOriginal(arrived, subject, { name, unmapped: [...unmapped] }, { view, ids: parts.ids });
  return [...original.changes, ...changes.values()];
}

/** Order number, code and sub-id; without an order number the message itself tells its results from others. */
function resultIdentifier(arrived: ArrivedHl7, tree: XmlElement): Identifier {
  const obx = childOf(tree, 'OBX');
  const parts = [
    orderNumber(tree) ?? arrived.messageId,
    component(childOf(obx, 'OBX.3'), 1) ?? component(childOf(obx, 'OBX.3'), 4) ?? '',
    component(childOf(obx, 'OBX.4'), 1),
  ];
  return { system: ownSystem(arrived, 'result-number'), value: parts.filter((part) => part !== undefined).join('/') };
}

/** The filler's number before the placer's: results are its. */
const orderNumber = (tree: XmlElement): string | undefined =>
  component(childOf(childOf(tree, 'OBR'), 'OBR.3'), 1) ??
  component(childOf(childOf(tree, 'OBR'), 'OBR.2'), 1) ??
  component(childOf(childOf(tree, 'ORC'), 'ORC.3'), 1);

const loinc = 'http://loinc.org';
const systolic = '8480-6';
const diastolic = '8462-4';

/** Systolic and diastolic pressure of one order are one measurement: http://hl7.org/fhir/R4/bp.html */
function panelled(results: readonly Resource[]): readonly Resource[] {
  const pressures = [systolic, diastolic].map((code) => results.filter((one) => hasCode(one.code, loinc, code)));
  const [[high, ...more] = [], [low, ...others] = []] = pressures;
  if (
    high === undefined ||
    low === undefined ||
    more.length + others.length > 0 ||
    high.effectiveDateTime !== low.effectiveDateTime
  )
    return results;
  // A correction of one of the two only is that of the pair.
  const status = [high.status, low.status].find((one) => one !== 'final') ?? 'final';
  const {
    valueQuantity: _value,
    referenceRange: _range,
    interpretation: _flag,
    dataAbsentReason: _absent,
    ...common
  } = high;
  const panel: Resource = {
    ...common,
    resourceType: 'Observation',
    status,
    identifier: many<Identifier>(high.identifier).map((one) => ({
      ...one,
      ...(one.value && { value: one.value.replace(systolic, '85354-9') }),
    })),
    code: { coding: [{ system: loinc, code: '85354-9', display: 'Blood pressure panel with all children optional' }] },
    component: [high, low].map(({ code, valueQuantity, dataAbsentReason, interpretation, referenceRange }) =>
      Object.fromEntries(
        Object.entries({ code, valueQuantity, dataAbsentReason, interpretation, referenceRange }).filter(
          ([, value]) => value !== undefined,
        ),
      ),
    ),
  };
  return [panel, ...results.filter((one) => one !== high && one !== low)];
}

/** A new resource, or the new content of the one that came before with the same number. */
async function placed(
  told: Resource,
  view: View,
  { ids }: MessageParts,
): Promise<{ readonly change: Change; readonly reference: Reference }> {
  const [identifier] = many<Identifier>(told.identifier);
  const stored =
    identifier?.system === undefined || identifier.value === undefined
      ? undefined
      : await findOne(view, told.resourceType, { system: identifier.system, value: identifier.value });
  if (stored === undefined) {
    const resource = { ...told, id: ids.next() };
    return { change: { op: 'create', resource, by: 'module' }, reference: referenceTo(resource) };
  }
  // A result that was sent again as final with other content is a correction, whatever its sender calls it.
  const again = told.status === 'final' && (stored.status === 'final' || stored.status === 'amended');
  const status = again && changed(stored, told) ? 'amended' : again ? stored.status : told.status;
  const withdrawn = told.status === 'entered-in-error';
  const content = withdrawn ? { ...stored, status } : { ...told, id: stored.id, meta: stored.meta, status };
  return {
    change: updated(stored, { ...absent(stored, content), ...content, subject: stored.subject }),
    reference: { reference: keyOf({ type: stored.resourceType, id: stored.id! }) },
  };
}

/** Elements that the new content has no more. */
const absent = (stored: Resource, content: object): Record<string, undefined> =>
  Object.fromEntries(Object.keys(stored).flatMap((element) => (element in content ? [] : [[element, undefined]])));

const changed = (stored: Resource, told: Resource): boolean =>
  [
    'valueQuantity',
    'valueString',
    'valueCodeableConcept',
    'valueRange',
    'valueRatio',
    'valueDateTime',
    'component',
    'effectiveDateTime',
    'result',
  ].some((element) => JSON.stringify(stored[element]) !== JSON.stringify(told[element]));

/** Media types of ED-2 and ED-3, RP-3 and RP-4. */
const mediaType = (type = '', subtype = ''): string =>
  /^[\w-]+\/[\w.+-]+$/.test(subtype) ? subtype : `${type || 'application'}/${subtype || 'octet-stream'}`.toLowerCase();

/**
 * A document among the results (OBX-2 ED, or RP with an address), which belongs to the report as a whole; undefined for
 * anything else. https://www.hl7.eu/HL7v2x/v251/std251/ch02A.html
 */
function presentedForm(tree: XmlElement): object | undefined {
  const obx = childOf(tree, 'OBX');
  const value = childOf(obx, 'OBX.5');
  const [second, third, fourth, data] = [2, 3, 4, 5].map((place) => component(value, place));
  const title = component(childOf(obx, 'OBX.3'), 2) ?? component(childOf(obx, 'OBX.3'), 1);
  const named = title === undefined ? {} : { title };
  switch (component(childOf(obx, 'OBX.2'), 1)) {
    case 'ED': {
      const packed = data?.replace(/\s/g, '') ?? '';
      if (packed === '' || fourth !== 'Base64' || !/^[A-Za-z0-9+/]+={0,2}$/.test(packed) || packed.length % 4 !== 0)
        return undefined;
      return { contentType: mediaType(second, third), data: packed, ...named };
    }
    case 'RP': {
      const url = component(value, 1) ?? '';
      return /^https?:\/\/\S+$/.test(url) ? { contentType: mediaType(third, fourth), url, ...named } : undefined;
    }
    default:
      return undefined;
  }
}

interface ReportFacts {
  readonly subject: Reference;
  readonly references: readonly Reference[];
  readonly view: View;
  readonly parts: MessageParts;
}

async function reportOf(arrived: ArrivedHl7, order: OrderGroup, { subject, references, view, parts }: ReportFacts) {
  if (childOf(order.tree, 'OBR') === undefined) return undefined;
  const value =
    orderNumber(order.tree) ??
    `${arrived.messageId}/${component(childOf(childOf(order.tree, 'OBR'), 'OBR.1'), 1) ?? '1'}`;
  const parameters = {
    ...mapParameters(arrived),
    subject,
    reportIdentifier: { system: ownSystem(arrived, 'report-number'), value },
  };
  const [report] = runMap(parts.maps.named('oru-r01-report'), order.tree, parameters).resources;
  // Notes of the order are lines of one text: R4 has one conclusion.
  const conclusion = childrenOf(order.tree, 'NTE').flatMap((note) => component(childOf(note, 'NTE.3'), 1) ?? []);
  const forms = order.results.flatMap((tree) => presentedForm(tree) ?? []);
  return (
    report &&
    placed(
      {
        ...report,
        ...(conclusion.length > 0 && { conclusion: conclusion.join('\n') }),
        ...(references.length > 0 && { result: references }),
        ...(forms.length > 0 && { presentedForm: forms }),
      },
      view,
      parts,
    )
  );
}
