import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import type { Log } from '../kernel/log.js';
import { mllpFrame, MllpDecoder, type Frame } from './mllp-frame.js';

export interface MllpSettings {
  /** Loopback unless a peer table or mTLS ties a connection to a party (decision 20). */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Largest message in bytes. */
  readonly limit?: number;
  /** A connection without traffic is closed after this many milliseconds. */
  readonly idle?: number;
  readonly connections?: number;
  /** MLLP over TLS; with `clientCa` nobody connects without a certificate of these authorities. PEM. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
}

/** Who is at the other end, as its certificate says. */
export interface MllpPeer {
  readonly commonName: string | undefined;
  /** Organisation number (organizationIdentifier `NTRNO-…`, or serialNumber of the subject), where it has one. */
  readonly organisation: string | undefined;
}

/**
 * Answers one message, or, for `undefined`, one that was too large. Gives the ACKs in order; none where the sender wants
 * none. Must not throw for anything a peer sends.
 */
export type MllpHandler = (
  message: Uint8Array | undefined,
  peer: MllpPeer | undefined,
) => Promise<readonly Uint8Array[]>;

export interface MllpServer {
  readonly port: number;
  /** Takes no more, lets what is in flight be answered, then closes. */
  stop(): Promise<void>;
}

const defaultLimit = 8 * 1024 * 1024;
const defaultIdle = 10 * 60_000;
/** Messages of one connection that may wait for their turn before reading pauses. */
const backlog = 32;

/** Listens for HL7 v2 over MLLP. The ACKs of a connection come in the order of its messages. */
export async function startMllpServer(settings: MllpSettings, handler: MllpHandler, log: Log): Promise<MllpServer> {
  const open = new Set<Connection>();
  const accept = (socket: Socket): void => {
    const connection = new Connection(socket, { settings, handler, log });
    open.add(connection);
    socket.once('close', () => open.delete(connection));
  };
  const server =
    settings.tls === undefined ? createServer({ allowHalfOpen: true }, accept) : tlsServer(settings.tls, accept, log);
  // Also those whose TLS handshake never ends.
  const raw = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    raw.add(socket);
    socket.once('close', () => raw.delete(socket));
  });
  server.maxConnections = settings.connections ?? 200;
  await listening(server, settings);
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all([...open].map((connection) => connection.finish()));
      for (const socket of raw) socket.destroy();
      await closed;
    },
  };
}

function tlsServer(
  { cert, key, clientCa }: NonNullable<MllpSettings['tls']>,
  accept: (socket: Socket) => void,
  log: Log,
): Server {
  const demanded = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  const server = createTlsServer(
    { allowHalfOpen: true, cert, key, minVersion: 'TLSv1.2', handshakeTimeout: 15_000, ...demanded },
    accept,
  );
  server.on('tlsClientError', (error) => log.warn({ error: error.message }, 'an MLLP connection was refused'));
  return server;
}

function peerOf(socket: Socket): MllpPeer | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const subject = (socket.getPeerCertificate().subject ?? {}) as unknown as Record<
    string,
    string | string[] | undefined
  >;
  const first = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);
  const named =
    first(subject['organizationIdentifier']) ?? first(subject['2.5.4.97']) ?? first(subject['serialNumber']);
  return { commonName: first(subject['CN']), organisation: /(?:^|NTRNO-)(\d{9})$/.exec(named ?? '')?.[1] };
}

function listening(server: Server, { host, port }: MllpSettings): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

interface Service {
  readonly settings: MllpSettings;
  readonly handler: MllpHandler;
  readonly log: Log;
}

class Connection {
  private readonly decoder: MllpDecoder;
  private last: Promise<void> = Promise.resolve();
  private waiting = 0;
  private stopping = false;
  private readonly peer: MllpPeer | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly service: Service,
  ) {
    this.decoder = new MllpDecoder(service.settings.limit ?? defaultLimit);
    this.peer = peerOf(socket);
    socket.setNoDelay(true);
    socket.setTimeout(service.settings.idle ?? defaultIdle, () => {
      if (this.waiting === 0) socket.destroy();
    });
    socket.on('error', (error) => service.log.warn({ error: error.message }, 'an MLLP connection broke'));
    socket.on('data', (chunk) => {
      if (!this.stopping) for (const frame of this.decoder.push(chunk)) this.enqueue(frame);
    });
    // Half-closed: the peer has sent its last, but wants the ACKs.
    socket.on('end', () => void this.last.then(() => socket.end()));
  }

  /** Answers what has arrived whole, then closes. */
  async finish(): Promise<void> {
    this.stopping = true;
    await this.last;
    const gone = new Promise<void>((resolve) =>
      this.socket.destroyed ? resolve() : this.socket.once('close', () => resolve()),
    );
    this.socket.end();
    const patience = setTimeout(() => this.socket.destroy(), 1000);
    await gone;
    clearTimeout(patience);
  }

  private enqueue(frame: Frame): void {
    this.waiting++;
    if (this.waiting >= backlog) this.socket.pause();
    this.last = this.last
      .then(() => this.answer(frame))
      .finally(() => {
        this.waiting--;
        if (this.waiting < backlog && this.socket.isPaused()) this.socket.resume();
      });
  }

  private async answer(frame: Frame): Promise<void> {
    try {
      const acks = await this.service.handler(frame.kind === 'message' ? frame.bytes : undefined, this.peer);
      if (this.socket.writable) for (const ack of acks) this.socket.write(mllpFrame(ack));
    } catch (error) {
      this.service.log.error(
        { error: error instanceof Error ? error.message : String(error) },
        'an HL7 message could not be answered',
      );
      this.socket.destroy();
    }
  }
}
