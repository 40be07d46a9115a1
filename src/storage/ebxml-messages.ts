import type { Queryable } from './pool.js';

/** What was answered to an ebXML message; the first answer stays. */
export interface EbxmlAnswers {
  find(party: string, messageId: string): Promise<Uint8Array | undefined>;
  /** @param at milliseconds since 1970; @returns the answer that stands: an earlier one where there is one */
  keep(party: string, messageId: string, answer: Uint8Array, at: number): Promise<Uint8Array>;
}

export function ebxmlAnswers(db: Queryable): EbxmlAnswers {
  const find = async (party: string, messageId: string): Promise<Uint8Array | undefined> => {
    const { rows } = await db.query<{ answer: Buffer }>(
      'select answer from ebxml_message where party = $1 and message_id = $2',
      [party, messageId],
    );
    return rows[0]?.answer;
  };
  return {
    find,
    async keep(party, messageId, answer, at) {
      await db.query('insert into ebxml_message values ($1, $2, $3, $4) on conflict do nothing', [
        party,
        messageId,
        Buffer.from(answer),
        new Date(at),
      ]);
      return (await find(party, messageId)) ?? answer;
    },
  };
}
