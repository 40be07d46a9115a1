import { identifierSystems, identityNumber } from '../../fhir/national-identifiers.js';
import { childrenOf, childOf, type XmlElement } from '../xml/xml-element.js';

/**
 * The identity number among the identifiers of PID-3 (or the older PID-2, PID-4 and PID-19). It is recognised by its check digits,
 * not by CX.4 and CX.5, which every hospital writes in its own way.
 */
export function patientIdentityOf(
  message: XmlElement,
): { readonly system: string; readonly value: string } | undefined {
  const pid = childOf(message, 'PID');
  for (const field of ['PID.3', 'PID.2', 'PID.4', 'PID.19']) {
    for (const identifier of childrenOf(pid, field)) {
      const value = (childOf(identifier, `${field}.1`)?.text ?? '').replace(/\s/g, '');
      const number = identityNumber(value);
      if (number !== undefined) return { system: identifierSystems[number.kind], value };
    }
  }
  return undefined;
}
