// Adresseregisteret, service CommunicationParty: https://register-web.test.nhn.no/docs/arkitektur/register/ar.html
import { Failure } from '../../kernel/failure.js';
import { readXml } from '../../mapping/xml/read-xml.js';
import { el, textEl, xmlDocument } from '../../mapping/xml/write-xml.js';
import { childrenOf, descend, textAt, type XmlElement } from '../../mapping/xml/xml-element.js';
import type { AddressBook, Partner } from './partner.js';

export interface RegisterSettings {
  /** `https://ws.nhn.no/v1/Ar` */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly timeout?: number;
}

const namespace = 'http://register.nhn.no/CommunicationParty';
const action = `${namespace}/ICommunicationPartyService/`;
const largest = 2 * 1024 * 1024;

/** Asks the register for a HER-id: GetCommunicationPartyDetails, and the certificate to encrypt with. */
export function addressRegister(settings: RegisterSettings): AddressBook {
  return {
    async find(address) {
      if (!/^\d{1,10}$/.test(address)) return undefined;
      const details = await call(settings, 'GetCommunicationPartyDetails', address);
      const found = descend(details, ['GetCommunicationPartyDetailsResponse', 'GetCommunicationPartyDetailsResult']);
      if (found === undefined || textAt(found, 'HerId') === undefined) return undefined;
      const partner = partnerOf(found);
      return partner.valid ? { ...partner, certificate: await certificateOf(settings, address) } : partner;
    },
  };
}

function partnerOf(found: XmlElement): Partner {
  const addresses = childrenOf(descend(found, ['ElectronicAddresses']), 'ElectronicAddress');
  const mail = addresses
    .filter((one) => textAt(one, 'TypeCodeValue') === 'E_EDI')
    .map((one) => textAt(one, 'Address')?.trim() ?? '')
    .find((one) => /^[^\s@]+@[^\s@]+$/.test(one));
  return {
    name: textAt(found, 'Name') ?? '',
    organisation: textAt(found, 'OrganizationNumber') ?? textAt(found, 'ParentOrganizationNumber'),
    valid: textAt(found, 'IsValidCommunicationParty') !== 'false' && textAt(found, 'Active') !== 'false',
    ...(mail !== undefined && { way: { kind: 'ebxml', url: `mailto:${mail}` } }),
  };
}

/** The certificate as PEM; undefined where the party has none. */
async function certificateOf(settings: RegisterSettings, address: string): Promise<string | undefined> {
  const answer = await call(settings, 'GetCertificateDetailsForEncryption', address);
  const der = textAt(
    answer,
    'GetCertificateDetailsForEncryptionResponse',
    'GetCertificateDetailsForEncryptionResult',
    'Certificate',
  )?.replace(/\s/g, '');
  if (der === undefined || der === '') return undefined;
  return `-----BEGIN CERTIFICATE-----\n${der.replace(/(.{64})/g, '$1\n').trimEnd()}\n-----END CERTIFICATE-----\n`;
}

/** SOAP 1.2 with WS-Addressing. @returns the body; undefined where the register says that nobody has the HER-id */
async function call(settings: RegisterSettings, operation: string, herId: string): Promise<XmlElement | undefined> {
  const { url, username, password, timeout = 15_000 } = settings;
  let status: number;
  let bytes: Uint8Array;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
        'content-type': `application/soap+xml; charset=utf-8; action="${action}${operation}"`,
      },
      body: envelope(url, operation, herId),
      redirect: 'error',
      signal: AbortSignal.timeout(timeout),
    });
    status = response.status;
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw new Failure('busy', 'The address register did not answer.', { cause });
  }
  const body = readBody(bytes);
  const fault = body && descend(body, ['Fault']);
  if (fault !== undefined && isUnknown(fault)) return undefined;
  if (body === undefined || fault !== undefined || status >= 400)
    throw new Failure('busy', `The address register answered ${status}.`);
  return body;
}

function readBody(bytes: Uint8Array): XmlElement | undefined {
  try {
    return descend(readXml(bytes, largest), ['Body']);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** `InvalidHerIdSupplied`, `EndpointCertificateNotFound` … in the detail of the fault. */
function isUnknown(fault: XmlElement): boolean {
  const codes: string[] = [];
  const walk = (element: XmlElement): void => {
    if (element.name === 'ErrorCode') codes.push(element.text);
    element.children.forEach(walk);
  };
  walk(fault);
  return codes.some((code) => /InvalidHerId|NotFound|NoCertificate/i.test(code));
}

const envelope = (url: string, operation: string, herId: string): string =>
  xmlDocument(
    el(
      's:Envelope',
      { 'xmlns:s': 'http://www.w3.org/2003/05/soap-envelope', 'xmlns:a': 'http://www.w3.org/2005/08/addressing' },
      [
        el('s:Header', {}, [
          el('a:Action', { 's:mustUnderstand': '1' }, [`${action}${operation}`]),
          el('a:To', { 's:mustUnderstand': '1' }, [url]),
        ]),
        el('s:Body', {}, [el(operation, { xmlns: namespace }, [textEl('communicationPartyHerId', herId)])]),
      ],
    ),
  );
