import type { z } from 'zod';
import type { CodeTable, conceptMapFormat, MappedCode } from './map-format.js';

/** A ConceptMap ready for look-up in both directions. */
export function codeTable({ group: [group] }: z.infer<typeof conceptMapFormat>): CodeTable {
  const { element, target: system, unmapped } = group;
  const targetOf = ({ code, display }: { code: string; display?: string | undefined }): MappedCode => ({
    system,
    code,
    ...(display && { display }),
  });
  const back = new Map<string, string>();
  for (const { code, target } of element) if (!back.has(target[0].code)) back.set(target[0].code, code);
  return {
    codes: new Map(element.map(({ code, target }) => [code, targetOf(target[0])])),
    unmapped: unmapped && targetOf(unmapped),
    back,
  };
}
