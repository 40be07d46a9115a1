import type { AuditSwitch } from './audit-switch.js';
import type { Contender } from './measure.js';
import { HttpConnection, requestText } from './http-connection.js';
import { observationText } from './observation.js';
import type { RawDatabase } from './raw-database.js';
import { fhirJson, succeeded, transactionText, type World } from './world.js';

/** One row of the table. */
export interface Case {
  readonly name: string;
  readonly lanes: number;
  /** Resources that one request carries, for resources per second. */
  readonly each: number;
  /** The server first, then what it is compared with; alone where a case is for information. */
  readonly contenders: readonly [Contender, ...Contender[]];
  /** The least ratio of the server's rate to that of the second contender. */
  readonly goal?: number;
}

export interface Parts {
  readonly serverPort: number;
  readonly echoPort: number;
  readonly raw: RawDatabase;
  readonly world: World;
  readonly audit: AuditSwitch;
}

const manyLanes = 16;
/** As many that the server always has something to do: then a flush to disk costs no throughput but what it takes of the machine. */
const fullLanes = 64;
const perBundle = 100;

/** Everything that is measured. Numbers of readings go on counting, so that no two Observations are alike. */
export function benchCases(parts: Parts): {
  readonly cases: readonly Case[];
  /** Opens connections for the next case: those left alone for a minute are closed by the servers. */
  readonly connect: () => Promise<void>;
  readonly close: () => void;
} {
  const { world, raw } = parts;
  const server: HttpConnection[] = [];
  const echo: HttpConnection[] = [];
  const close = (): void => {
    for (const each of [...server.splice(0), ...echo.splice(0)]) each.close();
  };
  let number = 1_000_000;
  const headers = { authorization: `Bearer ${world.token}`, accept: fhirJson };
  const patientOf = (at: number): string => world.patients[at % world.patients.length]!;
  const post = async (lane: number, path: string, body: string): Promise<void> =>
    void succeeded(await server[lane]!.send(requestText('POST', path, { ...headers, 'content-type': fhirJson }, body)));
  const get =
    (on: readonly HttpConnection[], path: () => string) =>
    async (lane: number): Promise<void> =>
      void succeeded(await on[lane]!.send(requestText('GET', path(), headers)));

  const create: Contender = {
    name: 'POST Observation',
    once: (lane) => post(lane, '/fhir/Observation', observationText(patientOf(++number), number)),
  };
  const rawCreate: Contender = {
    name: 'pg: row + history row',
    once: () => raw.insertOne(observationText(patientOf(++number), number)),
  };
  const rawTransaction: Contender = {
    name: 'pg: begin, both inserts, commit',
    once: () => raw.insertInTransaction(observationText(patientOf(++number), number)),
  };
  const judged: Contender = {
    name: 'POST Observation of a monitored patient',
    once: (lane) => post(lane, '/fhir/Observation', observationText(world.monitored, ++number)),
  };
  const page: Contender = {
    name: 'GET Observation?patient&code&_sort=-date&_count=100',
    once: get(server, () => pagePath(patientOf(++number))),
  };
  const rawPage: Contender = {
    name: 'pg: select of 100 texts',
    once: () => raw.page(++number % world.patients.length),
  };
  const some = (): string[] => Array.from({ length: perBundle }, () => observationText(patientOf(++number), number));
  const bundle: Contender = {
    name: 'POST Bundle (transaction)',
    once: (lane) => post(lane, '/fhir', transactionText(some())),
  };
  const rawBundle: Contender = { name: 'pg: 100 rows + history', once: () => raw.insertMany(some()) };
  const read: Contender = {
    name: 'GET Observation/[id]',
    once: get(server, () => `/fhir/Observation/${world.observation.id}`),
  };
  const echoed: Contender = {
    name: 'Express: same bytes',
    once: get(echo, () => `/fhir/Observation/${world.observation.id}`),
  };
  const auditedEcho: Contender = {
    name: 'Express: row by pg, audit row by pg',
    once: get(echo, () => `/audited/row/${1 + (++number % (world.patients.length * 100))}`),
  };
  const auditedPage: Contender = {
    name: 'Express: select of 100 texts and audit row by pg',
    once: get(echo, () => `/audited/page/${++number % world.patients.length}`),
  };
  const at = (name: string, lanes: number, contenders: Case['contenders'], more: Partial<Case> = {}): Case => ({
    name,
    lanes,
    each: 1,
    contenders,
    ...more,
  });
  const audit = (of: Contender): Case => {
    const contenders = [
      { ...of, ready: () => parts.audit.audited() },
      { ...of, name: 'the same, its audit rows dropped', ready: () => parts.audit.unaudited() },
    ] as const;
    return at(`audit: ${of.name}`, fullLanes, contenders, { goal: 0.85 });
  };
  return {
    cases: [
      at('create', 1, [create, rawCreate, rawTransaction], { goal: 0.25 }),
      at('create', manyLanes, [create, rawCreate, rawTransaction], { goal: 0.25 }),
      at('page of 100', 1, [page, rawPage, auditedPage], { goal: 0.4 }),
      at('page of 100', manyLanes, [page, rawPage, auditedPage], { goal: 0.4 }),
      at('transaction of 100', 1, [bundle, rawBundle], { each: perBundle }),
      at('read', 1, [read, echoed, auditedEcho], { goal: 0.4 }),
      at('read', manyLanes, [read, echoed, auditedEcho], { goal: 0.4 }),
      at('create, monitored', 1, [judged]),
      ...[read, page, create].map(audit),
    ],
    async connect() {
      close();
      server.push(...(await lanes(parts.serverPort, fullLanes)));
      echo.push(...(await lanes(parts.echoPort, manyLanes)));
    },
    close,
  };
}

const lanes = (port: number, count: number): Promise<HttpConnection[]> =>
  Promise.all(Array.from({ length: count }, () => HttpConnection.open(port)));

const pagePath = (patient: string): string =>
  `/fhir/Observation?patient=Patient/${patient}&code=http://loinc.org%7C59408-5&_sort=-date&_count=100`;
