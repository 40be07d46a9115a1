import type { Queryable } from './pool.js';

/** `resource_rid` increments by this much: one question to the database gives so many row ids. */
const block = 1000;

/** Hands out row ids from blocks of the sequence, so that a create knows its rid beforehand. Ids that are not used are lost; that is fine. */
export class Rids {
  private readonly ready: number[] = [];

  constructor(private readonly db: Queryable) {}

  /** `count` new ids, ascending. */
  async take(count: number): Promise<number[]> {
    while (this.ready.length < count) {
      const { rows } = await this.db.query("select nextval('resource_rid') as rid from generate_series(1, $1)", [
        Math.ceil(count / block),
      ]);
      for (const row of rows)
        for (let rid = Number(row['rid']); rid < Number(row['rid']) + block; rid++) this.ready.push(rid);
    }
    return this.ready.splice(0, count);
  }
}
