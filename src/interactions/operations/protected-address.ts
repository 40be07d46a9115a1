// Patient/[id]/$protected-address: profiles/operations/Patient-protected-address.json
import { absent } from '../../access/decide.js';
import type { HiddenAddress } from '../../access/protected-address.js';
import { isController, isPerson } from '../../access/type-rules.js';
import { Failure } from '../../kernel/failure.js';
import { readHidden } from '../../storage/hidden-elements.js';
import { accessEntry } from '../audit-access.js';
import type { Operation } from '../operation.js';
import { parametersResponse } from '../respond.js';

/** An address that is protected, for those who may know it: the data controller, and the person. Each look is audited as such. */
export const protectedAddress: Operation = {
  name: 'protected-address',
  definition: 'http://hjemmebro.no/fhir/OperationDefinition/Patient-protected-address',
  type: 'Patient',
  level: 'instance',
  affectsState: false,
  amountsTo: 'read',
  async handle(request, context) {
    const { services, principal } = context;
    const id = request.segments[1]!;
    if (!isPerson(principal, id) && principal.role !== 'admin' && !isController(principal))
      throw new Failure('forbidden', 'Addresses that are kept apart are for the data controller and the person.');
    const entry = accessEntry(context, { action: '$protected-address', type: 'Patient', ids: [`Patient/${id}`] });
    const row = await services.read({ type: 'Patient', id }, principal, entry);
    if (row === undefined || row.text === null) throw absent('Patient');
    await services.audit(entry);
    const sealed = await readHidden(services.pool, row.rid);
    if (sealed === undefined) throw new Failure('not-found', 'Nothing is kept apart of this Patient.');
    const { protection, address = [], contacts = {} } = services.hidden.open(sealed) as HiddenAddress;
    return parametersResponse([
      { name: 'protection', valueCode: protection },
      ...address.map((one) => ({ name: 'address', valueAddress: one })),
      ...Object.values(contacts).map((one) => ({ name: 'contact-address', valueAddress: one })),
    ]);
  },
};
