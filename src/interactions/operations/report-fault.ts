// Device/$report-fault: profiles/operations/Device-report-fault.json
import { reportFault as report } from '../../followup/supplier/report-fault.js';
import { system } from '../../followup/vocabulary/systems.js';
import { Failure } from '../../kernel/failure.js';
import { deviceOperation } from './device-operation.js';
import { supplierNamed } from './supplier-named.js';

/** The supplier hears that equipment does not work. */
export const reportFault = deviceOperation(
  'report-fault',
  'Only the follow-up centre reports faults to suppliers.',
  async ({ device, by, parameters, context, view }) => {
    const supplier = await supplierNamed(parameters, view);
    if (supplier instanceof Failure) return supplier;
    const [open] = await view.search(
      'Task',
      `focus=Device/${device.id}&code=${system.taskCode}|equipment-fault&status=requested,received,accepted,in-progress,on-hold`,
    );
    return report({
      device,
      supplier,
      description: parameters.requiredText('description'),
      critical: parameters.flag('critical') ?? false,
      repair: parameters.flag('repair') ?? false,
      open,
      by,
      now: view.now,
      ids: context.services.ids,
    });
  },
  { first: true },
);
