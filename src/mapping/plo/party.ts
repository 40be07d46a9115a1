/** Sender or receiver of a message on its two levels (HIS 1153: adressering av helsefaglige meldinger). */
export interface Ident {
  readonly id: string;
  /** Kodeverk 9051 or 8116: `HER`, `ENH`, `HPR` … */
  readonly type: string;
}
export interface Unit {
  readonly name: string;
  readonly idents: readonly Ident[];
}
export interface Party extends Unit {
  /** Level 2: a service or department … */
  readonly unit?: Unit;
  /** … or a person (a GP's office addresses the GP). */
  readonly professional?: Professional;
}
export interface Professional extends Unit {
  readonly family?: string;
  readonly given?: string;
  readonly phone?: string;
  /** Kodeverk 9060. */
  readonly profession?: string;
}

export const identOf = (unit: Unit | undefined, type: string): string | undefined =>
  unit?.idents.find((ident) => ident.type === type)?.id;

/** HER-ids of both levels, the more precise first. */
export function herIdsOf(party: Party): readonly string[] {
  return [identOf(party.professional, 'HER'), identOf(party.unit, 'HER'), identOf(party, 'HER')].filter(
    (id) => id !== undefined,
  );
}

/** The communication party: HER-id of level 2, else of level 1, else whatever identifies it. */
export function addressOf(party: Party): string {
  return herIdsOf(party)[0] ?? party.idents[0]?.id ?? '';
}

/** `NORDVIK SYKEHUS HF, Lungesykdommer`. */
export function partyName(party: Party): string {
  return [party.name, party.unit?.name ?? party.professional?.name]
    .filter((name) => name !== undefined && name !== '')
    .join(', ');
}
