import type { Clock } from '../../kernel/clock.js';
import type { Log } from '../../kernel/log.js';
import type { AddressBook, Partner } from './partner.js';

export interface CacheSettings {
  /** Milliseconds that an answer is used without asking again, also that nobody has the address. */
  readonly freshMs: number;
  /** Milliseconds that an old answer is used when the register does not answer. */
  readonly staleMs: number;
  readonly most?: number;
}

interface Kept {
  readonly partner: Partner | undefined;
  readonly at: number;
}

/** Remembers what a register said. Those who ask for the same address at the same time wait for one answer. */
export function cachedBook(
  book: AddressBook,
  { freshMs, staleMs, most = 5000 }: CacheSettings,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): AddressBook {
  const kept = new Map<string, Kept>();
  const asking = new Map<string, Promise<Partner | undefined>>();

  const ask = async (address: string): Promise<Partner | undefined> => {
    const before = kept.get(address);
    try {
      const partner = await book.find(address);
      kept.delete(address);
      if (kept.size >= most) kept.delete(kept.keys().next().value!);
      kept.set(address, { partner, at: clock.now() });
      return partner;
    } catch (error) {
      if (before === undefined || clock.now() - before.at >= staleMs) throw error;
      log.warn({ err: error }, 'the address register did not answer; what it said before is used');
      return before.partner;
    }
  };

  return {
    async find(address) {
      const before = kept.get(address);
      if (before !== undefined && clock.now() - before.at < freshMs) return before.partner;
      let answer = asking.get(address);
      if (answer === undefined) {
        answer = ask(address).finally(() => asking.delete(address));
        asking.set(address, answer);
      }
      return answer;
    },
  };
}
