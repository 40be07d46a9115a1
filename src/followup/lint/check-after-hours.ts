import type { Check } from './finding.js';

/** Outside the hours nobody may be watching: the patient is told so, and the approver should know it. */
export const checkAfterHours: Check = ({ serviceCalendar }) => {
  if (serviceCalendar !== undefined && (serviceCalendar.afterHours ?? '') !== '') return [];
  const words =
    serviceCalendar === undefined
      ? 'The plan does not say when the centre is open.'
      : 'The plan does not say who takes a red alert outside the centre’s hours.';
  return [
    {
      severity: 'information',
      check: serviceCalendar === undefined ? 'no-opening-hours' : 'no-after-hours',
      place: { kind: 'calendar', id: 'serviceCalendar' },
      words,
    },
  ];
};
