/** What the action of an audit entry is in FHIR's words. https://hl7.org/fhir/R4/auditevent.html */

/** https://hl7.org/fhir/R4/valueset-audit-event-action.html */
export type ActionCode = 'C' | 'R' | 'U' | 'D' | 'E';

const codes: Readonly<Record<string, ActionCode>> = {
  create: 'C',
  read: 'R',
  vread: 'R',
  history: 'R',
  update: 'U',
  patch: 'U',
  delete: 'D',
};

export const actionCode = (action: string): ActionCode => (Object.hasOwn(codes, action) ? codes[action]! : 'E');

/** The actions of a code; undefined: those of no other code. */
export function actionsOf(code: string): readonly string[] | undefined {
  return code === 'E' ? undefined : Object.keys(codes).filter((action) => codes[action] === code);
}

/** Every action that has a code of its own. */
export const codedActions: readonly string[] = Object.keys(codes);

interface Coding {
  readonly system: string;
  readonly code: string;
  readonly display?: string;
}

const dicom = 'http://dicom.nema.org/resources/ontology/DCM';
const interaction = 'http://hl7.org/fhir/restful-interaction';
const rest: Coding = {
  system: 'http://terminology.hl7.org/CodeSystem/audit-event-type',
  code: 'rest',
  display: 'RESTful Operation',
};
/** The name of what was done here: `$approve`, `message LOG_INNLAGT`, `break-glass` … */
export const ownAction = 'http://hjemmebro.no/fhir/CodeSystem/dho-audit-action';

/** The operation by which access is taken in an emergency. */
export const breakGlassAction = '$break-glass';

/** `AuditEvent.type` and `subtype` of an action on one type of resource, or on none in particular. */
export function eventCodes(action: string, type: string | null): { readonly type: Coding; readonly subtype: Coding[] } {
  const own = { system: ownAction, code: action };
  if (action === breakGlassAction)
    return {
      type: { system: dicom, code: '110113', display: 'Security Alert' },
      subtype: [{ system: dicom, code: '110127', display: 'Emergency Override Started' }, own],
    };
  if (action.startsWith('message'))
    return { type: { system: dicom, code: '110107', display: 'Import' }, subtype: [own] };
  if (action === '$export' || action === '$bulk-file')
    return { type: { system: dicom, code: '110106', display: 'Export' }, subtype: [operation, own] };
  if (action.startsWith('$')) return { type: rest, subtype: [operation, own] };
  const code =
    action === 'search'
      ? type === null
        ? 'search-system'
        : 'search-type'
      : action === 'history'
        ? 'history'
        : restful.has(action)
          ? action
          : undefined;
  return { type: rest, subtype: code === undefined ? [own] : [{ system: interaction, code }] };
}

const operation: Coding = { system: interaction, code: 'operation' };
const restful: ReadonlySet<string> = new Set([
  'create',
  'read',
  'vread',
  'update',
  'patch',
  'delete',
  'transaction',
  'batch',
]);

const balp = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit';

/** The profile of Basic Audit that such an entry is made by. https://profiles.ihe.net/ITI/BALP/ */
export function auditProfile(action: string, concernsPatient: boolean): string | undefined {
  const kind =
    action === 'search'
      ? 'Query'
      : { C: 'Create', R: 'Read', U: 'Update', D: 'Delete', E: undefined }[actionCode(action)];
  return kind === undefined ? undefined : `${balp}.${concernsPatient ? 'Patient' : ''}${kind}`;
}
