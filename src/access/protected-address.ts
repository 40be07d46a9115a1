/**
 * Confidential addresses (adressebeskyttelse: fortrolig, strengt fortrolig). That an address is protected is itself not told. The
 * addresses and their protection are taken out of the Patient before it is stored (decision 17), and so is the narrative.
 */
import type { Resource } from '../fhir/resource.js';
import { extensionOf, many, withExtension } from '../followup/vocabulary/element.js';
import { structure } from '../followup/vocabulary/systems.js';
import { Failure } from '../kernel/failure.js';

export const protectionUrl = structure('dho-address-protection');

/** What is kept apart. */
export interface HiddenAddress {
  readonly protection: 'confidential' | 'strictly-confidential';
  readonly address?: readonly unknown[];
  /** By their place among the contacts. */
  readonly contacts?: Readonly<Record<string, unknown>>;
}

const subsetted = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' };

/**
 * A Patient as it is sent → as it is stored, and what is kept apart; undefined: nothing is.
 *
 * @param stored what is kept apart already
 * @param entitled the caller may know the address and its protection
 * @throws Failure forbidden, or unprocessable for another kind of protection
 */
export function protectAddress(
  sent: Resource,
  stored: HiddenAddress | undefined,
  entitled: boolean,
): { readonly shown: Resource; readonly hidden: HiddenAddress | undefined } {
  const asked = extensionOf(sent, protectionUrl);
  if (asked !== undefined && !entitled)
    throw new Failure(
      'forbidden',
      'Whether an address is protected is recorded by the municipality that is data controller.',
      {
        expression: 'Patient.extension',
      },
    );
  const said = asked?.['valueCode'];
  if (asked !== undefined && !kinds.has(said))
    throw new Failure('unprocessable', 'The protection of an address is confidential, strictly-confidential or none.', {
      expression: 'Patient.extension.value',
    });
  const protection =
    said === 'none' ? undefined : ((said as HiddenAddress['protection'] | undefined) ?? stored?.protection);
  if (protection === undefined)
    return { shown: asked === undefined ? sent : withoutTag(withExtension(sent, protectionUrl)), hidden: undefined };
  const given = addressesOf(sent);
  return {
    shown: withoutAddresses(sent),
    // Who may not know it has sent it without, or sends what the controller has not said: the stored one stays.
    hidden: {
      ...(entitled && given !== undefined
        ? given
        : { address: stored?.address ?? [], contacts: stored?.contacts ?? {} }),
      protection,
    },
  };
}

const kinds: ReadonlySet<unknown> = new Set(['confidential', 'strictly-confidential', 'none']);

function addressesOf(patient: Resource): Omit<HiddenAddress, 'protection'> | undefined {
  const contacts = Object.fromEntries(
    many<{ address?: unknown }>(patient['contact']).flatMap(({ address }, place) =>
      address === undefined ? [] : [[String(place), address]],
    ),
  );
  if (patient['address'] === undefined && Object.keys(contacts).length === 0) return undefined;
  return { address: many(patient['address']), contacts };
}

/** Also for earlier versions, when an address becomes protected. */
export function withoutAddresses(patient: Resource): Resource {
  const {
    address: _address,
    text: _text,
    _address: _extended,
    ...rest
  } = withExtension(patient, protectionUrl) as Resource & {
    readonly _address?: unknown;
  };
  const contact = many<object>(patient['contact']).map((one) => {
    const { address: _, ...other } = one as { address?: unknown };
    return other;
  });
  const tags = many<{ code?: string }>((patient.meta as { tag?: unknown } | undefined)?.tag);
  return {
    ...rest,
    meta: { ...patient.meta, tag: [...tags.filter(({ code }) => code !== subsetted.code), subsetted] },
    ...(contact.length === 0 ? {} : { contact: contact.filter((one) => Object.keys(one).length > 0) }),
  } as Resource;
}

function withoutTag(patient: Resource): Resource {
  const tags = many<{ code?: string }>((patient.meta as { tag?: unknown } | undefined)?.tag);
  if (!tags.some(({ code }) => code === subsetted.code)) return patient;
  const left = tags.filter(({ code }) => code !== subsetted.code);
  const { tag: _, ...meta } = patient.meta as Record<string, unknown>;
  return { ...patient, meta: left.length === 0 ? meta : { ...meta, tag: left } } as Resource;
}
