/** How a partner's system is reached. */
export type Way =
  | {
      readonly kind: 'mllp';
      readonly host: string;
      readonly port: number;
      /** PEM. `ca` alone: TLS; with `cert` and `key` the other end knows who we are (mTLS). */
      readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
    }
  /** ebMS 2.0 to a URL, or by mail to `mailto:…@edi.nhn.no`. */
  | { readonly kind: 'ebxml'; readonly url: string }
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'folder'; readonly folder: string };

/** Somebody that messages are exchanged with. */
export interface Partner {
  readonly name: string;
  /** Organisation number of the legal entity. */
  readonly organisation?: string | undefined;
  /** Undefined: the way that the settings name for everybody. */
  readonly way?: Way | undefined;
  /** Types of message (8279) it takes; undefined: all. */
  readonly types?: readonly string[] | undefined;
  /** False: the register has it, but it may not be sent to. */
  readonly valid: boolean;
  /** PEM of the certificate that what is sent to it is encrypted for. */
  readonly certificate?: string | undefined;
}

/** Who is behind an address: a HER-id, or `facility|application` of HL7 v2. */
export interface AddressBook {
  /** @throws Failure `busy` when it cannot be asked now */
  find(address: string): Promise<Partner | undefined>;
}

/** The first of the books that knows the address. */
export const firstOf = (...books: readonly AddressBook[]): AddressBook => ({
  async find(address) {
    for (const book of books) {
      const found = await book.find(address);
      if (found !== undefined) return found;
    }
    return undefined;
  },
});
