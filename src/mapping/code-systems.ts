import { identifierSystems } from '../fhir/national-identifiers.js';

/** Identifier and code systems of the messages as FHIR names them. */
const oid = (value: string): string => `urn:oid:${value}`;

/** Coding.system of code list number (kodeverk) `7110`, or of a whole OID. */
export function codeSystemOf(list: string): string {
  const number = /^2\.16\.578\.1\.12\.4\.1\.1\.(\d+)$/.exec(list)?.[1] ?? list;
  return named[number] ?? oid(list.includes('.') ? list : `2.16.578.1.12.4.1.1.${list}`);
}

/** OID of the code list that a Coding.system stands for; undefined where it is no list of the messages. */
export function listOf(system: string): string | undefined {
  const found = Object.entries(named).find(([, url]) => url === system)?.[0];
  if (found !== undefined) return `2.16.578.1.12.4.1.1.${found}`;
  return /^urn:oid:(2\.16\.578\.1\.12\.4\.1\.1\.\d+)$/.exec(system)?.[1];
}

/** Lists that have a system URL of their own in no-basis. */
const named: Record<string, string> = {
  '7170': 'http://hl7.org/fhir/sid/icpc-2',
  '7180': 'http://www.whocc.no/atc',
};

/** Kodeverk 8116 and 9051 → Identifier.system (no-basis). */
const systemsByType: Readonly<Record<string, string>> = {
  FNR: identifierSystems.fnr,
  DNR: identifierSystems.dnr,
  FHN: identifierSystems.fhn,
  HPR: identifierSystems.hpr,
  DUF: identifierSystems.duf,
  ENH: identifierSystems.enh,
  RSH: identifierSystems.resh,
  HER: identifierSystems.herId,
};

/** Identifier.system of an identifier type; undefined for local and unknown types. */
export function identifierSystemOf(type: string): string | undefined {
  return systemsByType[type];
}
