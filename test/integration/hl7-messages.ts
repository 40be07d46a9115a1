/** HL7 v2 messages of tests, segment by segment. */
import { identifierSystems } from '../../src/fhir/national-identifiers.js';

export const ola = { system: identifierSystems.fnr, value: '12834812019' };

export const pid = (number: string, rest = '||Prøvepasient^Ola||19480312|M'): string => `PID|1||${number}^^^NIN${rest}`;

interface Header {
  readonly id: string;
  readonly application?: string;
  readonly time?: string;
  readonly version?: string;
  /** MSH-15 and MSH-16. */
  readonly modes?: readonly [string, string];
  readonly charset?: string;
}

export function hl7(type: string, header: Header, ...segments: readonly string[]): Buffer {
  const {
    id,
    application = 'PAS',
    time = '20260302100000',
    version = '2.5.1',
    modes = ['', ''],
    charset = '',
  } = header;
  const msh = `MSH|^~\\&|${application}|NORDVIK|HJEMMEBRO|FJORDHEIM|${time}||${type}|${id}|P|${version}|||${modes.join('|')}||${charset}`;
  return Buffer.from([msh, ...segments, ''].join('\r'), charset.startsWith('8859') ? 'latin1' : 'utf8');
}

/** A movement of Ola's stay V-1. */
export function movement(
  event: string,
  id: string,
  pv1: { readonly ward?: string; readonly kind?: string; readonly times?: string; readonly visit?: string } = {},
): Buffer {
  const { ward = 'LUNG', kind = 'I', times = '20260301142000', visit = 'V-1' } = pv1;
  const disposition = event === 'A03' || event === 'A13' ? '01' : '';
  return hl7(
    `ADT^${event}`,
    { id },
    `EVN|${event}|20260301142500`,
    pid(ola.value),
    `PV1|1|${kind}|${ward}^2^1^NORDVIK||||||||||||||||${visit}|||||||||||||||||${disposition}||||||||${times}`,
  );
}
