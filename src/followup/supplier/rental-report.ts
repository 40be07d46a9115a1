/** `Device/$rental-report`: what a supplier's invoice is held against – each device of the period, and who had it for how long. */
import type { Resource } from '../../fhir/resource.js';
import { equipmentStates, stateNow } from '../equipment/equipment-state.js';
import { typeName } from '../equipment/stock.js';
import { terminationUrl } from '../equipment/termination.js';
import { csvText } from '../vocabulary/csv-text.js';
import { asReference, extensionOf, extensionsOf, type Period } from '../vocabulary/element.js';

const day = 86_400_000;

export interface Rental {
  readonly serial: string;
  readonly type: string;
  readonly owner: string;
  readonly state: keyof typeof equipmentStates;
  /** Whole or begun days that a patient had it in the period. */
  readonly daysInUse: number;
  /** Last day of the rent, YYYY-MM-DD, where notice has been given. */
  readonly noticeEnd: string | undefined;
  /** Whether the invoice names it; undefined where none was given. */
  readonly billed: boolean | undefined;
  /** What does not agree with the invoice. */
  readonly remark: 'billed-after-notice' | 'not-billed' | undefined;
}

export interface RentalReport {
  readonly rentals: readonly Rental[];
  /** Serial numbers of the invoice that no device has. */
  readonly unknown: readonly string[];
}

export interface RentalFacts {
  readonly devices: readonly Resource[];
  /** Loans, of any time. */
  readonly uses: readonly Resource[];
  /** Days, YYYY-MM-DD, both of the period. */
  readonly start: string;
  readonly end: string;
  /** Serial numbers of the invoice. */
  readonly billed?: readonly string[] | undefined;
}

export function rentalReport({ devices, uses, start, end, billed }: RentalFacts): RentalReport {
  const [from, to] = [Date.parse(`${start}T00:00:00Z`), Date.parse(`${end}T00:00:00Z`) + day];
  const days = new Map<string, number>();
  for (const use of uses) {
    const device = asReference(use.device)?.reference;
    const { start: began, end: ended } = (use.timingPeriod ?? {}) as Period;
    if (device === undefined || began === undefined || use.status === 'entered-in-error') continue;
    const length = Math.min(to, ended === undefined ? to : Date.parse(ended)) - Math.max(from, Date.parse(began));
    if (length > 0) days.set(device, (days.get(device) ?? 0) + Math.ceil(length / day));
  }
  const rentals = devices
    .filter((device) => serialOf(device) !== '')
    .map((device): Rental => {
      const serial = serialOf(device);
      const noticeEnd = noticeEndOf(device);
      const isOver = noticeEnd !== undefined && noticeEnd < start;
      const isBilled = billed?.includes(serial);
      return {
        serial,
        type: typeName(device),
        owner: asReference(device.owner)?.display ?? asReference(device.owner)?.reference ?? '',
        state: stateNow(device),
        daysInUse: days.get(`Device/${device.id}`) ?? 0,
        noticeEnd,
        billed: isBilled,
        remark:
          isBilled === true && isOver
            ? 'billed-after-notice'
            : isBilled === false && !isOver
              ? 'not-billed'
              : undefined,
      };
    })
    .toSorted((a, b) => a.serial.localeCompare(b.serial, 'nb'));
  const known = new Set(rentals.map(({ serial }) => serial));
  return { rentals, unknown: (billed ?? []).filter((serial) => !known.has(serial)) };
}

const serialOf = ({ serialNumber }: Resource): string => (typeof serialNumber === 'string' ? serialNumber : '');

function noticeEndOf(device: Resource): string | undefined {
  const notice = extensionOf(device, terminationUrl);
  const end = notice === undefined ? undefined : extensionsOf(notice, 'end')[0]?.valueDate;
  return typeof end === 'string' ? end : undefined;
}

const columns = ['serienummer', 'type', 'eier', 'tilstand', 'dager i bruk', 'oppsagt til', 'fakturert', 'merknad'];
const remarks = { 'billed-after-notice': 'fakturert etter oppsigelse', 'not-billed': 'ikke på fakturaen' } as const;

/** The report as a table; what no device of ours has stands at the end. */
export function rentalTable({ rentals, unknown }: RentalReport): string {
  const rows = rentals.map(({ serial, type, owner, state, daysInUse, noticeEnd, billed, remark }) => [
    serial,
    type,
    owner,
    equipmentStates[state],
    String(daysInUse),
    noticeEnd ?? '',
    billed === undefined ? '' : billed ? 'ja' : 'nei',
    remark === undefined ? '' : remarks[remark],
  ]);
  const strange = unknown.map((serial) => [serial, '', '', '', '', '', 'ja', 'ukjent serienummer']);
  return csvText([columns, ...rows, ...strange]);
}
