/** The parts of a plan that are bound to no single measure: centre's hours, merge, escalations, zones, approval. */
import type { Approval, EbpZone, Escalation, Merge, RuleSet, ServiceCalendar, ZoneColour } from '../ruleset/grammar.js';
import { type Coding, type Extension, extensionOf, extensionsOf, type Reference } from '../vocabulary/element.js';
import { identifierSystem, structure } from '../vocabulary/systems.js';
import {
  clockTime,
  type Codec,
  code,
  duration,
  group,
  integer,
  list,
  member,
  record,
  text,
} from './extension-codec.js';
import { zoneCoding } from './threshold-codec.js';

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const weekday: Codec<number> = {
  write: (value, url) => [{ url, valueCode: weekdays[value]! }],
  read: (found) => weekdays.indexOf(code().read(found)),
};

export const calendarUrl = structure('dho-service-calendar');
export const mergeUrl = structure('dho-merge');
export const escalationUrl = structure('dho-escalation');
export const zoneUrl = structure('dho-zone');
export const approvalUrl = structure('dho-approval');
export const ruleSetUrl = structure('dho-rule-set');

export const calendarCodec = group<ServiceCalendar>({
  days: list(weekday),
  from: clockTime,
  to: clockTime,
  holidays: code(),
  afterHours: text,
});
export const mergeCodec = group<Merge>({ default: code(), overrides: record(() => text) });
export const escalationCodec = group<Escalation>({
  id: text,
  colour: code(),
  n: integer,
  window: duration,
  action: code(),
  note: text,
});

/** Members of `dho-rule-set`: what identifies the grammar and its version. */
export type RuleSetHead = Pick<
  RuleSet,
  'ruleSetVersion' | 'version' | 'timezone' | 'templates' | 'fatalDeviceStatus' | 'safetyNet' | 'news2'
> & {
  readonly state?: 'in-review';
};
export const headCodec = group<RuleSetHead>({
  ruleSetVersion: code(),
  version: integer,
  state: code(),
  timezone: code(),
  templates: list(text),
  fatalDeviceStatus: list(code()),
  safetyNet: code(),
  news2: code(),
});

const practitioner: Codec<{ hpr?: string; name?: string }> = {
  write: ({ hpr, name }, url) => [
    {
      url,
      valueReference: {
        type: 'Practitioner',
        ...(hpr === undefined ? {} : { identifier: { system: identifierSystem.hpr, value: hpr } }),
        ...(name === undefined ? {} : { display: name }),
      },
    },
  ],
  read([first]) {
    const { identifier, display } = (first!.valueReference ?? {}) as Reference;
    return {
      ...(identifier?.value === undefined ? {} : { hpr: identifier.value }),
      ...(display === undefined ? {} : { name: display }),
    };
  },
};
const organisation: Codec<string> = {
  write: (value, url) => [
    { url, valueReference: { type: 'Organization', identifier: { system: identifierSystem.organisation, value } } },
  ],
  read: ([first]) => (first!.valueReference as Reference).identifier?.value ?? '',
};
const dateTime: Codec<string> = {
  write: (value, url) => [{ url, valueDateTime: value }],
  read: ([first]) => String(first!.valueDateTime),
};
const date: Codec<string> = {
  write: (value, url) => [{ url, valueDate: value }],
  read: ([first]) => String(first!.valueDate),
};

interface FlatApproval {
  by?: { hpr?: string; name?: string };
  role?: string;
  organisation?: string;
  when?: string;
  contentHash?: string;
  responsible?: string;
  state?: string;
  nextReview?: string;
}
const flatApproval = group<FlatApproval>({
  by: practitioner,
  role: text,
  organisation,
  when: dateTime,
  contentHash: text,
  responsible: code(),
  state: code(),
  nextReview: date,
});

/** Extension `dho-approval`: who (HPR), for which organisation, when, of exactly which content. */
export const approvalExtension = ({ by, org, at, ...rest }: Approval): Extension =>
  flatApproval.write(
    {
      ...rest,
      ...(by === undefined ? {} : { by }),
      ...(by?.role === undefined ? {} : { role: by.role }),
      ...(org === undefined ? {} : { organisation: org }),
      ...(at === undefined ? {} : { when: at }),
    },
    approvalUrl,
  )[0]!;

export function approvalOf(plan: unknown): Approval | undefined {
  const found = extensionOf(plan, approvalUrl);
  if (found === undefined) return undefined;
  const { by, role, organisation: org, when, ...rest } = flatApproval.read([found]);
  return {
    ...rest,
    ...(by === undefined ? {} : { by: { ...by, ...(role === undefined ? {} : { role }) } }),
    ...(org === undefined ? {} : { org }),
    ...(when === undefined ? {} : { at: when }),
  } as Approval;
}

const colours: readonly ZoneColour[] = ['green', 'yellow', 'red'];

/** What the plan says of each zone to the patient: extension `dho-zone`. */
export function zoneExtensions(ebp: RuleSet['ebp']): Extension[] {
  if (ebp === undefined) return [];
  const zones = colours.flatMap((colour) => {
    const zone = ebp[colour];
    if (zone === undefined) return [];
    const level = { url: 'zone', valueCoding: zoneCoding(colour) };
    if (typeof zone === 'string') return [{ url: zoneUrl, extension: [level, { url: 'text', valueString: zone }] }];
    return [
      {
        url: zoneUrl,
        extension: [
          level,
          ...(zone.condition === undefined ? [] : [{ url: 'condition', valueString: zone.condition }]),
          ...(zone.action === undefined ? [] : [{ url: 'action', valueString: zone.action }]),
        ],
      },
    ];
  });
  return zones.length === 0 ? [{ url: zoneUrl, extension: [{ url: 'empty', valueCode: '-' }] }] : zones;
}

export function zonesOf(plan: unknown): RuleSet['ebp'] {
  const found = extensionsOf(plan, zoneUrl);
  if (found.length === 0) return undefined;
  const entries = found.flatMap((one): [string, EbpZone][] => {
    const level = (extensionsOf(one, 'zone')[0]?.valueCoding as Coding | undefined)?.code;
    if (level === undefined) return [];
    const whole = member(one, 'text', text);
    const condition = member(one, 'condition', text);
    const action = member(one, 'action', text);
    return [
      [
        level,
        whole ?? { ...(condition === undefined ? {} : { condition }), ...(action === undefined ? {} : { action }) },
      ],
    ];
  });
  return Object.fromEntries(entries) as RuleSet['ebp'];
}
