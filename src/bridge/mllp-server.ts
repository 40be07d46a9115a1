import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
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
}

/**
 * Answers one message, or, for `undefined`, one that was too large. Gives the bytes of the ACK, or nothing when the
 * connection is to be closed without one. Must not throw for anything a peer sends.
 */
export type MllpHandler = (message: Uint8Array | undefined) => Promise<Uint8Array | undefined>;

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
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const connection = new Connection(socket, { settings, handler, log });
    open.add(connection);
    socket.once('close', () => open.delete(connection));
  });
  server.maxConnections = settings.connections ?? 200;
  await listening(server, settings);
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all([...open].map((connection) => connection.finish()));
      await closed;
    },
  };
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

  constructor(
    private readonly socket: Socket,
    private readonly service: Service,
  ) {
    this.decoder = new MllpDecoder(service.settings.limit ?? defaultLimit);
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
      const ack = await this.service.handler(frame.kind === 'message' ? frame.bytes : undefined);
      if (ack === undefined) this.socket.destroy();
      else if (this.socket.writable) this.socket.write(mllpFrame(ack));
    } catch (error) {
      this.service.log.error(
        { error: error instanceof Error ? error.message : String(error) },
        'an HL7 message could not be answered',
      );
      this.socket.destroy();
    }
  }
}
