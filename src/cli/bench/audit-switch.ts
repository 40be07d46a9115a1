import { type Connection, openPool } from '../../storage/pool.js';

/** Lets the server's rows of the audit log through, or drops them at the table. */
export interface AuditSwitch {
  audited(): Promise<void>;
  unaudited(): Promise<void>;
  close(): Promise<void>;
}

/**
 * What the audit costs is measured by taking it away where the server cannot see it: a trigger in the database of this run drops
 * every row. The server itself has no such switch.
 *
 * @param connection to the server's database, as its owner
 */
export async function openAuditSwitch(connection: Connection): Promise<AuditSwitch> {
  const pool = openPool(connection, { size: 1 });
  await pool.query(`
    create function bench_drop() returns trigger language plpgsql as 'begin return null; end';
    create trigger bench_drop before insert on audit for each row execute function bench_drop();
    alter table audit disable trigger bench_drop`);
  const turn = async (how: 'enable' | 'disable'): Promise<void> =>
    void (await pool.query(`alter table audit ${how} trigger bench_drop`));
  return { audited: () => turn('disable'), unaudited: () => turn('enable'), close: () => pool.end() };
}
