import { Failure } from '../kernel/failure.js';

/** `home-care=HealthcareService/1` … → references by desk. @throws Failure('fault') for an entry of another form */
export function deskAddresses(entries: readonly string[]): Readonly<Record<string, { readonly reference: string }>> {
  return Object.fromEntries(
    entries.map((entry) => {
      const found = /^([a-z][a-z-]*)=([A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64})$/.exec(entry);
      if (found === null)
        throw new Failure('fault', `AFTER_HOURS_DESKS: "${entry}" is not of the form home-care=HealthcareService/1.`);
      return [found[1]!, { reference: found[2]! }];
    }),
  );
}
