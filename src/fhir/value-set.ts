/** Codes by system; `open` names systems whose codes cannot be listed (`*` = any). */
export interface ValueSetData {
  readonly codes: Readonly<Record<string, readonly string[]>>;
  readonly open?: readonly string[];
}

/** A value set whose members are known, wholly or for most systems. */
export class ValueSet {
  private readonly bySystem: ReadonlyMap<string, ReadonlySet<string>>;
  private readonly open: ReadonlySet<string>;
  /** All codes whatever their system, for elements of type `code`. */
  readonly codes: ReadonlySet<string>;

  constructor(
    readonly url: string,
    data: ValueSetData,
  ) {
    this.bySystem = new Map(Object.entries(data.codes).map(([system, codes]) => [system, new Set(codes)]));
    this.open = new Set(data.open ?? []);
    this.codes = new Set(Object.values(data.codes).flat());
  }

  /** The systems it takes codes from, those without a list too. */
  get systems(): readonly string[] {
    return [...new Set([...this.bySystem.keys(), ...this.open])];
  }

  /** Whether every member is listed. */
  get isComplete(): boolean {
    return this.open.size === 0;
  }

  /** Systems whose codes cannot be listed; `*` = any. */
  get openSystems(): readonly string[] {
    return [...this.open];
  }

  /** Codes of one system. */
  codesOf(system: string): ReadonlySet<string> {
    return this.bySystem.get(system) ?? new Set();
  }

  /** Whether the code is a member; undefined where that cannot be known here (UCUM, media types, currencies). */
  has(system: string, code: string): boolean | undefined {
    if (this.bySystem.get(system)?.has(code) === true) return true;
    return this.open.has(system) || this.open.has('*') ? undefined : false;
  }

  /** As `has`, for a code without system. */
  hasCode(code: string): boolean | undefined {
    if (this.codes.has(code)) return true;
    return this.isComplete ? false : undefined;
  }
}
