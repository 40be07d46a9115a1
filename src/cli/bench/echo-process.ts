/**
 * What reads are compared with, in Express: the bytes given at the start for whoever asks; and the least with which a read can
 * be answered that is audited first (each one row read and one durable row written, in one prepared statement).
 */
import type { AddressInfo } from 'node:net';
import express from 'express';
import { type Connection, openPool } from '../../storage/pool.js';
import { serveParent } from './child-process.js';
import { auditedPage, auditedRow } from './raw-database.js';

const { text, connection } = JSON.parse(process.argv[2]!) as { text: string; connection: Connection };
const pool = openPool(connection, { size: 16 });
const fhirJson = 'application/fhir+json';
const app = express();
app.disable('etag');
app.get('/fhir/Observation/:id', (_req, res) => {
  res.type(fhirJson).send(text);
});
app.get('/audited/row/:id', async (req, res) => {
  const { rows } = await pool.query<{ content: string }>({ ...auditedRow, values: [Number(req.params.id)] });
  res.type(fhirJson).send(rows[0]!.content);
});
app.get('/audited/page/:patient', async (req, res) => {
  const { rows } = await pool.query<{ content: string }>({ ...auditedPage, values: [Number(req.params.patient), 0] });
  res.type(fhirJson).send(`{"entry":[${rows.map((row) => `{"resource":${row.content}}`).join(',')}]}`);
});
const server = app.listen(0, '127.0.0.1', () => {
  serveParent((server.address() as AddressInfo).port, async () => {
    server.close();
    server.closeAllConnections();
    await pool.end();
  });
});
server.keepAliveTimeout = 65_000;
