/** The least that a read can cost in Express: the bytes given at the start, for whoever asks. */
import type { AddressInfo } from 'node:net';
import express from 'express';
import { serveParent } from './child-process.js';

const { text } = JSON.parse(process.argv[2]!) as { text: string };
const app = express();
app.disable('etag');
app.get('/fhir/Observation/:id', (_req, res) => {
  res.type('application/fhir+json').send(text);
});
const server = app.listen(0, '127.0.0.1', () => {
  serveParent((server.address() as AddressInfo).port, async () => {
    server.close();
    server.closeAllConnections();
  });
});
server.keepAliveTimeout = 65_000;
