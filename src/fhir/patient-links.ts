import type { Resource, ResourceKey } from './resource.js';

/** Which patients a resource is about, as it names them. */
export interface PatientLinks {
  /** Logical ids of `Patient/<id>` on this server. */
  readonly ids: readonly string[];
  /** Logical references (decision 3). */
  readonly identifiers: readonly { readonly system: string; readonly value: string }[];
  /** Resources whose patients are also this one's (Provenance.target, Binary.securityContext). */
  readonly inherits: readonly ResourceKey[];
}

/**
 * Elements that say whom a resource is about. Not the Patient compartment: that also counts performers and authors, and
 * a relative who measures for a patient must not make the reading part of the relative's own record.
 */
const subjectElements: readonly string[] = ['subject', 'patient', 'for', 'beneficiary', 'individual'];
const nestedElements: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  Appointment: [['participant', 'actor']],
  AppointmentResponse: [['', 'actor']],
  Group: [['member', 'entity']],
  AuditEvent: [
    ['entity', 'what'],
    ['agent', 'who'],
  ],
  Person: [['link', 'target']],
  Schedule: [['', 'actor']],
  Consent: [['', 'patient']],
  Coverage: [['', 'beneficiary']],
};
const inheriting: Readonly<Record<string, string>> = { Provenance: 'target', Binary: 'securityContext' };

const nationalSystem = /^urn:oid:2\.16\.578\.1\.12\.4\.1\.4\.[1235]$/;
const literalPatient = /^(?:https?:\/\/.+\/)?Patient\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[^/]+)?$/;
const literalAny = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[^/]+)?$/;

/**
 * @param base own base URL; an absolute reference below it counts as ours, one below another does not
 */
export function patientLinks(resource: Resource, base?: string): PatientLinks {
  const ids = new Set<string>();
  const identifiers = new Map<string, { system: string; value: string }>();
  const inherits: ResourceKey[] = [];

  const visit = (reference: unknown): void => {
    for (const item of Array.isArray(reference) ? reference : [reference]) {
      if (item === null || typeof item !== 'object') continue;
      const { reference: literal, identifier } = item as {
        reference?: unknown;
        identifier?: { system?: unknown; value?: unknown };
      };
      if (typeof literal === 'string') {
        const match = literalPatient.exec(literal);
        if (
          match !== null &&
          (literal.startsWith('Patient/') || (base !== undefined && literal.startsWith(`${base}/`)))
        )
          ids.add(match[1]!);
      }
      // A literal of another server names nobody here; the identifier beside it does.
      const elsewhere =
        typeof literal === 'string' &&
        /^[a-z][a-z0-9+.-]*:/i.test(literal) &&
        (base === undefined || !literal.startsWith(`${base}/`));
      if (typeof literal === 'string' && !elsewhere) continue;
      if (
        typeof identifier?.system === 'string' &&
        typeof identifier.value === 'string' &&
        nationalSystem.test(identifier.system)
      ) {
        identifiers.set(`${identifier.system}|${identifier.value}`, {
          system: identifier.system,
          value: identifier.value,
        });
      }
    }
  };

  if (resource.resourceType === 'Patient' && resource.id !== undefined) ids.add(resource.id);
  for (const element of subjectElements) if (element in resource) visit(resource[element]);
  for (const [outer, inner] of nestedElements[resource.resourceType] ?? []) {
    if (outer === '') visit(resource[inner]);
    else for (const item of asArray(resource[outer])) visit((item as Record<string, unknown>)[inner]);
  }
  const inherited = inheriting[resource.resourceType];
  if (inherited !== undefined) {
    for (const item of asArray(resource[inherited])) {
      const match = literalAny.exec(String((item as { reference?: unknown }).reference ?? ''));
      if (match?.[1] === 'Patient') ids.add(match[2]!);
      else if (match !== null) inherits.push({ type: match[1]!, id: match[2]! });
    }
  }
  return { ids: [...ids], identifiers: [...identifiers.values()], inherits };
}

function asArray(value: unknown): readonly object[] {
  return (Array.isArray(value) ? value : [value]).filter(
    (item): item is object => item !== null && typeof item === 'object',
  );
}
