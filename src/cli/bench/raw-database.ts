import { type Connection, openPool, type Pool } from '../../storage/pool.js';
import { observationText } from './observation.js';

/**
 * What the same work costs by `pg` alone, with prepared statements, each in one round trip and one transaction: nothing that
 * keeps a row, its history and one index for the page can be done with less.
 */
export interface RawDatabase {
  insertOne(text: string): Promise<void>;
  /** The same as four statements, as it is mostly written. */
  insertInTransaction(text: string): Promise<void>;
  insertMany(texts: readonly string[]): Promise<void>;
  /** Texts of the patient's last 100. */
  page(patient: number): Promise<readonly string[]>;
  /** Where the tables are. */
  readonly connection: Connection;
  close(): Promise<void>;
}

const schema = `
  create table raw_resource (id bigint primary key, version integer not null, updated timestamptz not null, content text not null);
  create table raw_history (id bigint not null, version integer not null, updated timestamptz not null, content text not null, primary key (id, version));
  create table raw_observation (id bigint primary key, patient bigint not null, code integer not null, effective timestamptz not null, content text not null);
  create index on raw_observation (patient, code, effective);
  create table raw_audit (seq bigint generated always as identity primary key, at timestamptz not null, ids bigint[] not null);`;

const insertOne = {
  name: 'one',
  text: `with made as (insert into raw_resource values ($1, 1, now(), $2)) insert into raw_history values ($1, 1, now(), $2)`,
};
const insertRow = { name: 'row', text: 'insert into raw_resource values ($1, 1, now(), $2)' };
const insertHistory = { name: 'history', text: 'insert into raw_history values ($1, 1, now(), $2)' };
const insertMany = {
  name: 'many',
  text: `with given as (select id, content from unnest($1::bigint[], $2::text[]) g(id, content)),
    made as (insert into raw_resource select id, 1, now(), content from given)
    insert into raw_history select id, 1, now(), content from given`,
};
const page = {
  name: 'page',
  text: `select content from raw_observation where patient = $1 and code = $2 order by effective desc limit 100`,
};

/** A row by its key, and the row of the log without which it may not be shown. */
export const auditedRow = {
  name: 'audited row',
  text: `with found as materialized (select id, content from raw_observation where id = $1),
    noted as (insert into raw_audit (at, ids) select now(), array[id] from found)
    select content from found`,
};
/** The same for the page. */
export const auditedPage = {
  name: 'audited page',
  text: `with found as materialized (select id, content from raw_observation where patient = $1 and code = $2 order by effective desc limit 100),
    noted as (insert into raw_audit (at, ids) select now(), array_agg(id) from found)
    select content from found`,
};

/** Tables of its own in a database of its own, on the same PostgreSQL. */
export async function openRawDatabase(
  connection: Connection,
  size: { readonly lanes: number; readonly patients: number; readonly readings: number },
): Promise<RawDatabase> {
  const admin = openPool(connection, { size: 1 });
  await admin.query('create database raw');
  await admin.end();
  const own = { ...connection, database: 'raw' };
  const pool = openPool(own, { size: size.lanes });
  await pool.query(schema);
  await fill(pool, size);
  let id = 0;
  return {
    async insertOne(text) {
      await pool.query({ ...insertOne, values: [++id, text] });
    },
    async insertInTransaction(text) {
      const client = await pool.connect();
      const values = [++id, text];
      await client.query('begin');
      await client.query({ ...insertRow, values });
      await client.query({ ...insertHistory, values });
      await client.query('commit');
      client.release();
    },
    async insertMany(texts) {
      await pool.query({ ...insertMany, values: [texts.map(() => ++id), texts] });
    },
    async page(patient) {
      const { rows } = await pool.query<{ content: string }>({ ...page, values: [patient, 0] });
      return rows.map((row) => row.content);
    },
    connection: own,
    close: () => pool.end(),
  };
}

async function fill(pool: Pool, { patients, readings }: { patients: number; readings: number }): Promise<void> {
  let id = 0;
  for (let patient = 0; patient < patients; patient++) {
    for (const code of [0, 1] as const) {
      const numbers = Array.from({ length: readings }, (_, number) => number);
      await pool.query(
        `insert into raw_observation select id, $1, $2, to_timestamp(id), content from unnest($3::bigint[], $4::text[]) g(id, content)`,
        [
          patient,
          code,
          numbers.map(() => ++id),
          // As long as what the server keeps: with id, version and time of the last change.
          numbers.map(
            (number) => `${observationText('0'.repeat(36), number, code).slice(0, -1)},"filler":"${'x'.repeat(100)}"}`,
          ),
        ],
      );
    }
  }
}
