// ORU^R01 and the order messages as groups: https://www.hl7.eu/HL7v2x/v251/std251/ch07.html
import type { XmlElement } from '../xml/xml-element.js';

/** The results of one OBR. */
export interface OrderGroup {
  /** MSH, PID, PV1, ORC, OBR and the notes of the order: what the map of a report reads. */
  readonly tree: XmlElement;
  /** One tree per OBX: as above, with the OBX and its notes. */
  readonly results: readonly XmlElement[];
}
/** What a message says of one patient. */
export interface PatientGroup {
  /** MSH, PID and PV1. */
  readonly tree: XmlElement;
  readonly orders: readonly OrderGroup[];
}

interface Open {
  readonly order: XmlElement[];
  readonly results: XmlElement[][];
}

/**
 * Groups the flat segments by patient, order and result. A PID begins a patient, an ORC or OBR an order (an ORC and the OBR
 * that follows it are one), an OBX a result; notes belong to what stands before them.
 */
export function groupSegments(tree: XmlElement): readonly PatientGroup[] {
  const header: XmlElement[] = [];
  const patients: { readonly about: XmlElement[]; readonly orders: Open[] }[] = [];
  for (const segment of tree.children) {
    const { name } = segment;
    const patient = patients.at(-1);
    const order = patient?.orders.at(-1);
    if (name === 'PID') patients.push({ about: [segment], orders: [] });
    else if (patient === undefined) header.push(segment);
    else if (name === 'ORC' || (name === 'OBR' && !awaitsDetail(order)))
      patient.orders.push({ order: [segment], results: [] });
    else if (order === undefined) patient.about.push(segment);
    else if (name === 'OBX') order.results.push([segment]);
    else (order.results.at(-1) ?? order.order).push(segment);
  }
  return patients.map(({ about, orders }) => ({
    tree: rooted([...header, ...about]),
    orders: orders.map(({ order, results }) => ({
      tree: rooted([...header, ...about, ...order]),
      results: results.map((result) => rooted([...header, ...about, ...order.filter(notNote), ...result])),
    })),
  }));
}

/** An ORC whose OBR has not come. */
const awaitsDetail = (order: Open | undefined): boolean =>
  order?.order[0]?.name === 'ORC' && order.results.length === 0 && !order.order.some(({ name }) => name === 'OBR');

const notNote = ({ name }: XmlElement): boolean => name !== 'NTE';

const rooted = (children: readonly XmlElement[]): XmlElement => ({
  name: 'HL7',
  namespace: '',
  attributes: {},
  children,
  text: '',
});
