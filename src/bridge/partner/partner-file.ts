import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { Failure } from '../../kernel/failure.js';
import type { AddressBook, Partner, Way } from './partner.js';

const pemFile = z.string();
const way = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('mllp'),
    host: z.string(),
    port: z.number().int().min(1).max(65_535),
    tls: z
      .strictObject({ caFile: pemFile.optional(), certFile: pemFile.optional(), keyFile: pemFile.optional() })
      .optional(),
  }),
  z.strictObject({ kind: z.literal('ebxml'), url: z.string().regex(/^(https?:\/\/|mailto:)/) }),
  z.strictObject({ kind: z.literal('http'), url: z.url() }),
  z.strictObject({ kind: z.literal('folder'), folder: z.string() }),
]);

const partner = z.strictObject({
  name: z.string(),
  /** Of the communication party (level 2). */
  herId: z.string().optional(),
  organisation: z
    .string()
    .regex(/^\d{9}$/)
    .optional(),
  /** MSH-3 and MSH-4 of its system for HL7 v2. */
  application: z.string().optional(),
  facility: z.string().optional(),
  /** MSH-18; UTF-8 when absent. */
  charset: z.enum(['8859/1', '8859/15', 'UNICODE UTF-8']).optional(),
  /** Categories of the measurements of its patients that it is sent as ORU^R01. */
  measurements: z.array(z.enum(['vital-signs', 'laboratory', 'survey', 'activity', 'exam'])).optional(),
  way: way.optional(),
  types: z.array(z.string()).optional(),
  certificateFile: pemFile.optional(),
});

const partnersFile = z.strictObject({
  partners: z.array(partner).default([]),
  /** Adresseregisteret, asked for HER-ids that no partner has. */
  register: z
    .strictObject({
      url: z.url(),
      username: z.string(),
      password: z.string(),
      freshSeconds: z.number().int().min(1).default(3600),
      staleSeconds: z
        .number()
        .int()
        .min(0)
        .default(7 * 86_400),
    })
    .optional(),
  ebxml: z
    .strictObject({
      /** Mail server for `mailto:` addresses. */
      smtp: z
        .string()
        .regex(/^smtps?:\/\//)
        .optional(),
      from: z.string().optional(),
    })
    .optional(),
});

/** An HL7 v2 system that is sent the measurements of its patients. */
export interface MeasurementReceiver {
  /** Organisation number: whose relation to the patient decides. */
  readonly organisation: string;
  readonly application: string;
  readonly facility: string;
  readonly charset?: string | undefined;
  readonly categories: readonly string[];
}

export interface Partners {
  readonly book: AddressBook;
  readonly measurementReceivers: readonly MeasurementReceiver[];
  readonly register: z.infer<typeof partnersFile>['register'];
  readonly ebxml: z.infer<typeof partnersFile>['ebxml'];
}

export const noPartners: Partners = {
  book: { find: () => Promise.resolve(undefined) },
  measurementReceivers: [],
  register: undefined,
  ebxml: undefined,
};

/**
 * Reads PARTNERS_FILE; files that it names lie beside it unless their path is absolute.
 *
 * @throws Failure `fault` naming the file, where it or one of those cannot be used
 */
export function readPartners(file: string): Partners {
  try {
    const { partners, register, ebxml } = partnersFile.parse(JSON.parse(readFileSync(file, 'utf8')));
    const folder = path.dirname(path.resolve(file));
    const byAddress = new Map(
      partners.flatMap((one) => addressesOf(one).map((address) => [address, partnerOf(one, folder)] as const)),
    );
    return {
      book: { find: (address) => Promise.resolve(byAddress.get(address)) },
      measurementReceivers: partners.flatMap(receiverOf),
      register,
      ebxml,
    };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unreadable';
    throw new Failure('fault', `PARTNERS_FILE: ${file} cannot be used: ${reason}`, { cause });
  }
}

type FileEntry = z.infer<typeof partner>;

const addressesOf = ({ herId, facility, application }: FileEntry): readonly string[] => [
  ...(herId === undefined ? [] : [herId]),
  ...(application === undefined ? [] : [`${facility ?? ''}|${application}`]),
];

function partnerOf({ name, organisation, way: told, types, certificateFile }: FileEntry, folder: string): Partner {
  const read = (file: string): string => readFileSync(path.resolve(folder, file), 'utf8');
  return {
    name,
    organisation,
    types,
    valid: true,
    way: told && wayOf(told, folder, read),
    ...(certificateFile !== undefined && { certificate: read(certificateFile) }),
  };
}

function wayOf(told: z.infer<typeof way>, folder: string, read: (file: string) => string): Way {
  if (told.kind === 'folder') return { kind: 'folder', folder: path.resolve(folder, told.folder) };
  if (told.kind !== 'mllp') return told;
  const { host, port, tls } = told;
  if (tls === undefined) return { kind: 'mllp', host, port };
  const { caFile, certFile, keyFile } = tls;
  return {
    kind: 'mllp',
    host,
    port,
    tls: {
      ...(caFile !== undefined && { ca: read(caFile) }),
      ...(certFile !== undefined && { cert: read(certFile) }),
      ...(keyFile !== undefined && { key: read(keyFile) }),
    },
  };
}

function receiverOf({ name, organisation, application, facility, charset, measurements }: FileEntry) {
  if (measurements === undefined) return [];
  if (organisation === undefined || application === undefined)
    throw new Error(`${name} is to get measurements, but has no organisation number or no application (MSH-3)`);
  return [{ organisation, application, facility: facility ?? '', charset, categories: measurements }];
}
