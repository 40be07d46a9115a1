// Device/$order: profiles/operations/Device-order.json
import { orderEquipment } from '../../followup/supplier/order-equipment.js';
import { Failure } from '../../kernel/failure.js';
import { type Operation, OperationParameters } from '../operation.js';
import { writtenResponse } from '../respond.js';
import { callerReference, demandRole } from './run-operation.js';
import { supplierNamed } from './supplier-named.js';

const most = 10_000;

/** Equipment is ordered from a supplier. */
export const order: Operation = {
  name: 'order',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/Device-order',
  type: 'Device',
  level: 'type',
  affectsState: true,
  amountsTo: 'create',
  followUp: true,
  async handle(request, context) {
    const { services, principal } = context;
    demandRole(principal, ['municipality', 'admin'], 'Only the follow-up centre orders equipment.');
    const parameters = new OperationParameters(request);
    const asked = {
      item: parameters.requiredText('item'),
      quantity: quantityOf(parameters),
      deliverTo: parameters.reference('deliverTo'),
      reason: parameters.text('reason'),
      neededBy: parameters.date('neededBy')?.slice(0, 10),
      by: callerReference(principal),
      ids: services.ids,
    };
    const [written] = await services.commit(
      {
        action: '$order',
        async decide(view) {
          const supplier = await supplierNamed(parameters, view);
          if (supplier instanceof Failure) throw supplier;
          return orderEquipment({ ...asked, supplier, now: view.now });
        },
      },
      principal,
      context.request,
    );
    return writtenResponse(request, written!, services.base);
  },
};

/** A whole number, also as text in a query. */
function quantityOf(parameters: OperationParameters): number {
  const value = Number(
    String(
      (parameters.one('quantity') as { literal?: string } | undefined)?.literal ?? parameters.one('quantity') ?? 1,
    ),
  );
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new Failure('invalid', `quantity is a whole number from 1 to ${most}.`, {
    expression: "Parameters.parameter.where(name='quantity')",
    code: 'value',
  });
}
