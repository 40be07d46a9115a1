import { identifierSystems, identityNumber } from '../../fhir/national-identifiers.js';
import { component } from '../../mapping/hl7/data-types.js';
import { patientIdentityOf } from '../../mapping/hl7/patient-identity.js';
import { childrenOf, type XmlElement } from '../../mapping/xml/xml-element.js';
import type { Identity } from './arrived-hl7.js';

/** Every person that a message names by a national number: in each PID, and in MRG as the one who is merged. */
export function identitiesOf(tree: XmlElement): readonly Identity[] {
  const found = [
    ...childrenOf(tree, 'PID').flatMap((pid) => patientIdentityOf({ ...tree, children: [pid] }) ?? []),
    ...mergedIdentities(tree),
  ];
  return [...new Map(found.map((one) => [`${one.system}|${one.value}`, one])).values()];
}

/** The national numbers of MRG-1 (or the older MRG-2 and MRG-4). */
export function mergedIdentities(tree: XmlElement): readonly Identity[] {
  return childrenOf(tree, 'MRG').flatMap((mrg) =>
    ['MRG.1', 'MRG.2', 'MRG.4'].flatMap((name) =>
      childrenOf(mrg, name).flatMap((field) => {
        const value = (component(field, 1) ?? '').replace(/\s/g, '');
        const number = identityNumber(value);
        return number === undefined ? [] : [{ system: identifierSystems[number.kind], value }];
      }),
    ),
  );
}

/** Numbers of MRG-1 that are no national ones, where it says who counts them (CX-4). */
export function localNumbers(tree: XmlElement): readonly { readonly value: string; readonly authority: string }[] {
  return childrenOf(tree, 'MRG').flatMap((mrg) =>
    childrenOf(mrg, 'MRG.1').flatMap((field) => {
      const value = component(field, 1)?.replace(/\s/g, '');
      const authority = component(field, 4);
      return value === undefined || authority === undefined || identityNumber(value) !== undefined
        ? []
        : [{ value, authority }];
    }),
  );
}
