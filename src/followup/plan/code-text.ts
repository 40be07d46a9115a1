import type { Coding } from '../vocabulary/element.js';
import { canonicalBase, system } from '../vocabulary/systems.js';

const prefixes: Readonly<Record<string, string>> = {
  loinc: system.loinc,
  sct: system.snomed,
  npu: system.npu,
  mdc: system.mdc,
  icd10: system.icd10,
  icpc2: system.icpc2,
};
const own = `${canonicalBase}/CodeSystem/`;

/** `loinc|2708-6` → Coding. A prefix that is no short name is the system itself, or one of our own code systems. */
export function codingOf(codeText: string): Coding {
  const at = codeText.indexOf('|');
  if (at === -1) return { code: codeText };
  const prefix = codeText.slice(0, at);
  const known = Object.hasOwn(prefixes, prefix) ? prefixes[prefix]! : undefined;
  return { system: known ?? (prefix.includes(':') ? prefix : own + prefix), code: codeText.slice(at + 1) };
}

/** Coding → `loinc|2708-6`; undefined where it has no code. */
export function codeTextOf(coding: Coding): string | undefined {
  if (coding.code === undefined) return undefined;
  if (coding.system === undefined) return coding.code;
  const known = Object.entries(prefixes).find(([, url]) => url === coding.system)?.[0];
  const prefix = known ?? (coding.system.startsWith(own) ? coding.system.slice(own.length) : coding.system);
  return `${prefix}|${coding.code}`;
}
