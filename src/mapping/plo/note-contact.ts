import { childOf, childrenOf, descend, textAt, valueAt, type XmlElement } from '../xml/xml-element.js';

/** The professional who answers for a dialogue message. */
export interface NoteContact {
  readonly hpr: string;
  readonly name: string;
}

/** Of Dialogmelding's Notat: the professional contact (9034 `21`) with an HPR number; undefined when nobody has one. */
export function noteContact(content: XmlElement | undefined): NoteContact | undefined {
  const roles = childrenOf(childOf(content, 'Notat'), 'RollerRelatertNotat');
  for (const role of roles.filter((one) => valueAt(one, 'RoleToPatient') === '21')) {
    const person = descend(role, ['HealthcareProfessional']);
    const ident = childrenOf(person, 'Ident').find((one) => valueAt(one, 'TypeId') === 'HPR');
    const hpr = textAt(ident, 'Id');
    const name = [textAt(person, 'GivenName'), textAt(person, 'FamilyName')]
      .filter((part) => part !== undefined)
      .join(' ');
    if (hpr !== undefined) return { hpr, name };
  }
  return undefined;
}
