// AppRec 1.0 (2004-11-21) and 1.1 (2012-02-15): same tree, other namespace and roles.
import { messageTime, millisecondsOf } from '../message-time.js';
import { el, textEl, xmlDocument, type Markup } from '../xml/write-xml.js';
import type { Ident, Party, Unit } from './party.js';
import { receiptErrors, type Receipt } from './receipt.js';

const versions = {
  '1.0': { namespace: 'http://www.kith.no/xmlstds/apprec/2004-11-21', migVersion: '1.0 2004-11-21' },
  '1.1': { namespace: 'http://www.kith.no/xmlstds/apprec/2012-02-15', migVersion: 'v1.1 2012-02-15' },
} as const;

const identNames: Record<string, string> = {
  HER: 'HER-id',
  ENH: 'Organisasjonsnummeret i Enhetsregister',
  HPR: 'HPR-nummer',
  RSH: 'RESH-ID',
};
const softwareName = 'Hjemmebro';

/** The receipt as XML in UTF-8, valid against the schema of its version. */
export function renderAppRec(receipt: Receipt): string {
  const { namespace, migVersion } = versions[receipt.version];
  const newer = receipt.version === '1.1';
  const { original } = receipt;
  return xmlDocument(
    el('AppRec', { xmlns: namespace }, [
      el('MsgType', { V: 'APPREC', DN: 'Applikasjonskvittering' }),
      textEl('MIGversion', migVersion),
      textEl('SoftwareName', softwareName),
      textEl('GenDate', messageTime(receipt.at)),
      textEl('Id', receipt.id),
      el('Sender', {}, [receiverRole(receipt.role, newer), hcp(receipt.from)]),
      el('Receiver', {}, [newer ? el('Role', { V: 'AVS', DN: 'Avsender' }) : undefined, hcp(receipt.to)]),
      receipt.status === 'accepted' ? el('Status', { V: '1', DN: 'OK' }) : el('Status', { V: '2', DN: 'Avvist' }),
      ...receipt.errors.map((error) =>
        el('Error', {
          V: error.code,
          DN: (receiptErrors as Record<string, string>)[error.code] ?? 'Annen feil',
          S: '2.16.578.1.12.4.1.1.8221',
          OT: error.text,
        }),
      ),
      el('OriginalMsgId', {}, [
        el('MsgType', { V: original.type, DN: original.typeName }),
        textEl('IssueDate', issueDate(original.generated, receipt.at)),
        el('Id', {}, [original.id]),
      ]),
    ]),
  );
}

const receiverRole = (role: Receipt['role'], newer: boolean): Markup | undefined =>
  role === 'COP'
    ? el('Role', { V: 'COP', DN: 'Kopimottaker' })
    : newer
      ? el('Role', { V: 'PRIM', DN: 'Primærmottaker' })
      : el('Role', { V: 'SPR', DN: 'Tjenesteyter' });

/** As sent, so that the sender recognises it; a value that is no xs:dateTime cannot be repeated in a valid receipt. */
function issueDate(generated: string, at: number): string {
  const sent =
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?$/.test(generated) &&
    millisecondsOf(generated) !== undefined;
  return sent ? generated : messageTime(at);
}

/** Organisation → Inst, its service → Dept, a person → HCPerson. */
function hcp(party: Party): Markup | undefined {
  const [first, ...further] = party.idents;
  return el('HCP', {}, [
    el('Inst', {}, [
      textEl('Name', party.name),
      ...identification(first),
      party.unit && part('Dept', party.unit),
      ...further.map(additional),
      party.professional && part('HCPerson', party.professional),
    ]) ?? { markup: '<Inst/>' },
  ]);
}

function part(name: 'Dept' | 'HCPerson', unit: Unit): Markup | undefined {
  const [first, ...further] = unit.idents;
  return el(name, {}, [textEl('Name', unit.name), ...identification(first), ...further.map(additional)]);
}

const typed = (name: string, ident: Ident): Markup | undefined =>
  el(name, { V: ident.type, DN: identNames[ident.type] ?? ident.type });
const identification = (ident: Ident | undefined): readonly (Markup | undefined)[] =>
  ident === undefined ? [] : [textEl('Id', ident.id), typed('TypeId', ident)];
const additional = (ident: Ident): Markup | undefined =>
  el('AdditionalId', {}, [textEl('Id', ident.id), typed('Type', ident)]);
