// https://hl7.org/fhir/R4/auditevent.html, https://profiles.ihe.net/ITI/BALP/ and, for person, unit, reason and level of
// login, the Norwegian trust framework: https://github.com/NorskHelsenett/Tillitsrammeverk
import { identifierSystems } from '../fhir/national-identifiers.js';
import type { Resource } from '../fhir/resource.js';
import { instant } from '../kernel/clock.js';
import { actionCode, auditProfile, eventCodes } from './audit-action.js';
import type { AuditAgent } from './audit-agent.js';
import { logEntryId, type LogPlace } from './log-entry.js';

/** One entry of the log with everything that its AuditEvent says. */
export interface LogEntry extends LogPlace {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly request: string;
  readonly client: string;
  readonly subject: string;
  readonly organisation: string | null;
  readonly action: string;
  readonly outcome: number;
  readonly type: string | null;
  /** `Type/id`, or `Type/id/_history/version`. */
  readonly ids: readonly string[];
  readonly detail: string | null;
  /** Logical ids of the patients it concerns. */
  readonly patients: readonly string[];
  /** null: the server itself or a message transport acted. */
  readonly agent: Omit<AuditAgent, 'key'> | null;
}

/** What the caller may see of an entry: a citizen sees nothing of others whom the same search showed. */
export interface EntryView {
  readonly base: string;
  /** Logical id of the one patient whose part is shown, and the `Type/id`s that concern that patient alone. */
  readonly only?: { readonly patient: string; readonly ids: ReadonlySet<string> };
}

const dicom = 'http://dicom.nema.org/resources/ontology/DCM';
const participation = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType';
const objectRole = 'http://terminology.hl7.org/CodeSystem/object-role';
const entityType = 'http://terminology.hl7.org/CodeSystem/audit-entity-type';

export function auditEvent(entry: LogEntry, view: EntryView): Resource {
  const patients = entry.patients.filter((id) => view.only === undefined || id === view.only.patient);
  const data = [...new Set(entry.ids)].filter((id) => view.only === undefined || view.only.ids.has(id));
  const codes = eventCodes(entry.action, entry.type);
  const profile = auditProfile(entry.action, patients.length > 0);
  const purpose = purposes(entry.agent?.purpose);
  return {
    resourceType: 'AuditEvent',
    id: logEntryId(entry),
    meta: {
      versionId: '1',
      lastUpdated: instant(entry.at),
      ...(profile === undefined ? {} : { profile: [profile] }),
    },
    type: codes.type,
    subtype: codes.subtype,
    action: actionCode(entry.action),
    recorded: instant(entry.at),
    outcome: String(entry.outcome),
    ...(entry.outcome === 0 || entry.detail === null ? {} : { outcomeDesc: entry.detail }),
    ...(purpose.length === 0 ? {} : { purposeOfEvent: purpose }),
    agent: agents(entry, purpose, view.base),
    source: {
      site: view.base,
      observer: {
        type: 'Organization',
        ...(entry.agent === null
          ? {}
          : { identifier: { system: identifierSystems.enh, value: entry.agent.controller } }),
        display: 'Hjemmebro',
      },
      type: [
        {
          system: 'http://terminology.hl7.org/CodeSystem/security-source-type',
          code: '4',
          display: 'Application Server',
        },
      ],
    },
    entity: [
      ...patients.map((id) => ({
        what: { reference: `Patient/${id}` },
        type: { system: entityType, code: '1', display: 'Person' },
        role: { system: objectRole, code: '1', display: 'Patient' },
      })),
      ...data
        .filter((id) => !patients.includes(id.replace(/^Patient\//, '')))
        .map((id) => ({
          what: { reference: id },
          type: { system: entityType, code: '2', display: 'System Object' },
          role: { system: objectRole, code: '4', display: 'Domain Resource' },
        })),
      ...asked(entry),
      {
        what: { identifier: { value: entry.request } },
        type: { system: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType', code: 'XrequestId' },
        ...detailOf(entry),
      },
    ],
  };
}

/** Names of the parameters of a search: the values may be about a person and are not kept. */
function asked({ action, type, detail }: LogEntry): object[] {
  if (action !== 'search') return [];
  const query = Buffer.from(`${type ?? ''}?${(detail ?? '').split(' ').filter(Boolean).join('&')}`).toString('base64');
  return [
    {
      type: { system: entityType, code: '2', display: 'System Object' },
      role: { system: objectRole, code: '24', display: 'Query' },
      query,
    },
  ];
}

function detailOf({ action, agent, detail }: LogEntry): { detail?: object[] } {
  const facts = [
    ['reason', action.startsWith('$') ? detail : null],
    ['security-level', agent?.securityLevel],
    ['purpose-of-use', agent?.purpose],
  ].flatMap(([type, value]) => (value === null || value === undefined ? [] : [{ type, valueString: value }]));
  return facts.length === 0 ? {} : { detail: facts };
}

function agents(
  { agent, client, subject, organisation }: LogEntry,
  purpose: readonly object[],
  base: string,
): object[] {
  const person = agent?.hpr !== undefined || agent?.role === 'citizen';
  const organised = [organisation, agent?.unit].flatMap((value) =>
    value === null || value === undefined
      ? []
      : [
          {
            type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleClass', code: 'PROV' }] },
            who: { type: 'Organization', identifier: { system: identifierSystems.enh, value } },
            requestor: false,
          },
        ],
  );
  const user = {
    type: { coding: [{ system: participation, code: 'IRCP', display: 'information recipient' }] },
    ...(agent === null ? {} : { role: [{ text: agent.role }] }),
    who: {
      ...(agent?.hpr === undefined
        ? {}
        : { type: 'Practitioner', identifier: { system: identifierSystems.hpr, value: agent.hpr } }),
      display: agent?.name ?? client,
    },
    altId: agent?.subject ?? subject.split('#')[0],
    name: agent?.name ?? client,
    requestor: true,
    ...(purpose.length === 0 ? {} : { purposeOfUse: purpose }),
  };
  return [
    ...(person ? [user] : []),
    {
      type: { coding: [{ system: dicom, code: '110153', display: 'Source Role ID' }] },
      who: { display: client },
      ...(person ? {} : { altId: agent?.subject ?? subject.split('#')[0], name: agent?.name ?? client }),
      requestor: !person,
      ...(person || purpose.length === 0 ? {} : { purposeOfUse: purpose }),
    },
    {
      type: { coding: [{ system: dicom, code: '110152', display: 'Destination Role ID' }] },
      who: { display: base },
      requestor: false,
    },
    ...organised,
  ];
}

/** `purpose_of_use` of the trust framework's attest, wherever it stands in what the token said. */
function purposes(text: string | undefined): object[] {
  if (text === undefined) return [];
  const codes: { code: string; system?: string }[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === 'object' && value !== null)
      for (const [name, part] of Object.entries(value)) {
        const { code, system } = (typeof part === 'object' && part !== null ? part : {}) as Record<string, unknown>;
        if (name.startsWith('purpose_of_use') && typeof code === 'string')
          codes.push({ code, ...(typeof system === 'string' ? { system } : {}) });
        else visit(part);
      }
  };
  try {
    visit(JSON.parse(text));
  } catch {
    return [];
  }
  return codes.map(({ code, system }) => ({
    coding: [{ system: systemOf(system), code }],
  }));
}

/** OIDs as URIs; the HL7 value set for why data is used has its codes in ActReason. */
function systemOf(system: string | undefined): string {
  if (system === undefined || /2\.16\.840\.1\.113883\.1\.11\.20448/.test(system))
    return 'http://terminology.hl7.org/CodeSystem/v3-ActReason';
  return /^\d+(\.\d+)+$/.test(system) ? `urn:oid:${system}` : system;
}
