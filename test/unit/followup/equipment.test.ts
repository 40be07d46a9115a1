import type { Resource } from '../../../src/fhir/resource.js';
import { checkDevice } from '../../../src/followup/equipment/check-device.js';
import {
  type EquipmentState,
  type EquipmentStep,
  equipmentState,
  equipmentStates,
  stateAfter,
  withState,
} from '../../../src/followup/equipment/equipment-state.js';
import { assignDevice, replaceDevice, signLoan } from '../../../src/followup/equipment/loan.js';
import { stockOverview } from '../../../src/followup/equipment/stock.js';
import { giveNotice, noticePeriod } from '../../../src/followup/equipment/termination.js';
import { Failure } from '../../../src/kernel/failure.js';
import { countingIds, failure, monday, nurse, resources, stored } from './follow-up-world.js';

const states = Object.keys(equipmentStates) as EquipmentState[];
const inState = (state: EquipmentState): Resource =>
  withState(
    {
      resourceType: 'Device',
      id: state,
      ...(state === 'with-patient' ? { patient: { reference: 'Patient/ola' } } : {}),
    },
    state,
  );

// Columns: stock, with-patient, returned, lost, repair, discarded. `-`: refused.
const table: Readonly<Record<EquipmentStep, string>> = {
  assign: 'with-patient - - - - -',
  'come-back': '- returned - returned - -',
  'come-back-checked': '- stock - stock - -',
  lose: 'lost lost lost - lost -',
  'check-to-stock': 'stock - stock - stock -',
  'to-repair': 'repair repair repair - - -',
  discard: 'discarded - discarded discarded discarded -',
  calibrate: 'stock - returned - repair -',
};

test.each(Object.entries(table))(
  '%s leads from stock, patient, returned, lost, repair, discarded to %s',
  (step, row) => {
    const reached = states.map((state) => {
      const next = stateAfter(inState(state), step as EquipmentStep);
      return next instanceof Failure ? '-' : next;
    });
    expect(reached.join(' ')).toBe(row);
  },
);

test('a device that the module has not had to do with is in stock, unless a patient has it', () => {
  const plain: Resource = { resourceType: 'Device', id: 'x' };
  expect(stateAfter(plain, 'assign')).toBe('with-patient');
  expect(stateAfter({ ...plain, patient: { reference: 'Patient/1' } }, 'assign')).toBeInstanceOf(Failure);
});

// NUM-18: three months, from the first of the month after the notice.
test.each([
  ['2026-02-15', '2026-03-01', '2026-05-31'],
  ['2026-02-01', '2026-03-01', '2026-05-31'],
  ['2026-11-30', '2026-12-01', '2027-02-28'],
  ['2027-11-30', '2027-12-01', '2028-02-29'],
  ['2026-12-31', '2027-01-01', '2027-03-31'],
])('notice given %s counts from %s and ends the rent on %s', (notified, start, end) => {
  expect(noticePeriod(notified)).toEqual({ start, end });
});

test('notice is given once, with its last day on the device', () => {
  const [device] = resources(giveNotice({ device: inState('stock'), notified: '2026-02-15', reason: 'Ikke i bruk' }));
  expect(JSON.stringify(device)).toContain('"valueDate":"2026-05-31"');
  expect(failure(giveNotice({ device: device!, notified: '2026-03-15' })).category).toBe('conflict');
});

describe('what came back', () => {
  const check = (more: object) =>
    checkDevice({
      device: inState('returned'),
      cleaned: true,
      checked: true,
      outcome: 'stock',
      by: nurse,
      now: monday,
      ...more,
    });

  test('is lent again only when it was cleaned and checked', () => {
    expect(equipmentState(resources(check({}))[0]!)).toBe('stock');
    for (const lacking of [{ cleaned: false }, { checked: false }])
      expect(failure(check(lacking)).category).toBe('unprocessable');
  });

  test('goes to repair, or is discarded and never lent', () => {
    expect(equipmentState(resources(check({ outcome: 'repair', checked: false }))[0]!)).toBe('repair');
    const [discarded] = resources(check({ outcome: 'discarded', note: 'Knust' }));
    expect(discarded).toMatchObject({ status: 'inactive', note: [{ text: 'Knust' }] });
    expect(
      failure(
        assignDevice({ device: discarded!, patient: { reference: 'Patient/1' }, now: monday, ids: countingIds() }),
      ).category,
    ).toBe('unprocessable');
  });

  test('is calibrated, with the date of the next one; a calibration lies in the past', () => {
    const calibration = { cleaned: false, checked: false, device: inState('stock'), calibrated: '2026-03-01' };
    const [device] = resources(check({ ...calibration, calibrationDue: '2027-03-01' }));
    expect(JSON.stringify(device)).toContain('"valueDate":"2027-03-01"');
    expect(equipmentState(device!)).toBe('stock');
    expect(failure(check({ ...calibration, calibrated: '2026-03-09' })).category).toBe('unprocessable');
  });
});

describe('equipment that is replaced', () => {
  const ids = countingIds();
  const patient = { reference: 'Patient/ola' };
  const device = stored(inState('stock'));
  const [handedOut, use] = resources(assignDevice({ device, patient, by: nurse, now: monday, ids }));
  const old = { device: stored(handedOut!, 2), running: stored(use!), now: monday };
  const other = { device: stored({ ...inState('stock'), id: 'other' }), now: monday, ids };

  test('comes back in the same commit as the other goes out, to the same patient', () => {
    const form = { reference: 'QuestionnaireResponse/loan' };
    expect(
      resources(replaceDevice({ old: { ...old, state: 'repair' }, replacement: { ...other, loanForm: form } })),
    ).toMatchObject([
      { resourceType: 'Device', id: 'other', patient },
      { resourceType: 'DeviceUseStatement', status: 'active', derivedFrom: [form] },
      { resourceType: 'Device', id: 'stock' },
      { resourceType: 'DeviceUseStatement', status: 'completed' },
    ]);
  });

  test('is not replaced by itself, nor where nobody has it', () => {
    expect(failure(replaceDevice({ old, replacement: { ...other, device: old.device } })).category).toBe(
      'unprocessable',
    );
    const idle = { device, running: undefined, now: monday };
    expect(failure(replaceDevice({ old: idle, replacement: other })).category).toBe('conflict');
  });

  test('has a Task until the loan form is signed', () => {
    const waiting = [stored({ resourceType: 'Task', id: 't', status: 'requested' })];
    const form = { reference: 'QuestionnaireResponse/loan' };
    expect(resources(signLoan({ running: old.running, loanForm: form, waiting, now: monday }))).toMatchObject([
      { resourceType: 'DeviceUseStatement', derivedFrom: [form] },
      { resourceType: 'Task', status: 'completed' },
    ]);
    expect(failure(signLoan({ running: undefined, loanForm: form, waiting, now: monday })).category).toBe('conflict');
  });
});

test('the stock is counted by owner, type and state, with what is due for calibration', () => {
  const owned = (state: EquipmentState, owner: string, more: object = {}): Resource => ({
    ...inState(state),
    owner: { display: owner },
    type: { text: 'Pulsoksymeter' },
    ...more,
  });
  const due = resources(
    checkDevice({
      device: owned('stock', 'Bydel Øst'),
      cleaned: true,
      checked: true,
      outcome: 'stock',
      calibrationDue: '2026-01-01',
      by: nurse,
      now: monday,
    }),
  )[0]!;
  const overview = stockOverview(
    [
      owned('stock', 'Bydel Øst'),
      due,
      owned('with-patient', 'Bydel Øst'),
      owned('stock', 'Bydel Vest', { type: { text: 'Vekt' } }),
    ],
    '2026-03-02',
  );
  const rows = (overview['parameter'] as { name: string; part?: { name: string; [value: string]: unknown }[] }[])
    .filter(({ name }) => name === 'group')
    .map(({ part }) =>
      part!.map(
        (one) =>
          one['valueString'] ??
          one['valueInteger'] ??
          (one['valueCoding'] as { code: string } | undefined)?.code ??
          (one['valueReference'] as { display: string }).display,
      ),
    );
  expect(rows).toEqual([
    ['Bydel Vest', 'Vekt', 'stock', 1],
    ['Bydel Øst', 'Pulsoksymeter', 'stock', 2, 1],
    ['Bydel Øst', 'Pulsoksymeter', 'with-patient', 1],
  ]);
});
