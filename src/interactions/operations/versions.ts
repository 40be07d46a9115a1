// https://hl7.org/fhir/R4/capabilitystatement-operation-versions.html
import { accessEntry } from '../audit-access.js';
import type { Operation } from '../operation.js';
import { parametersResponse } from '../respond.js';

/** The versions of FHIR that are spoken here: one. */
export const versions: Operation = {
  name: 'versions',
  definition: 'http://hl7.org/fhir/OperationDefinition/CapabilityStatement-versions',
  type: '*',
  level: 'system',
  affectsState: false,
  async handle(_request, context) {
    await context.services.audit(accessEntry(context, { action: '$versions' }));
    const version = context.services.definitions.fhirVersion.split('.').slice(0, 2).join('.');
    return parametersResponse([
      { name: 'version', valueCode: version },
      { name: 'default', valueCode: version },
    ]);
  },
};
