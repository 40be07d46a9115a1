// https://hl7.org/fhir/R4/subscription.html#channels (websocket) · http://hl7.org/fhir/uv/subscriptions-backport/channels.html#websockets
import { rowScope } from '../access/decide.js';
import type { Principal } from '../access/principal.js';
import { Failure } from '../kernel/failure.js';
import type { Log } from '../kernel/log.js';
import { type Loop, startLoop } from '../storage/loop.js';
import type { Session } from '../storage/session.js';
import { namedSubscriptions, socketPositions } from '../storage/subscription-socket.js';
import { isVisible } from '../storage/visible-row.js';
import type { Dictionary } from '../storage/dictionary.js';
import type { ClientSocket } from './client-socket.js';
import type { RunningPart } from './delivery-ports.js';
import { SocketBinding, type BindingParts } from './socket-binding.js';

/** What a binding token says (`$get-ws-binding-token`). */
export interface BindingClaim {
  readonly ids: readonly string[];
  readonly principal: Principal;
  /** Milliseconds since 1970. */
  readonly until: number;
}

export interface SocketHubOptions extends BindingParts {
  readonly session: Session;
  readonly log: Log;
  readonly dictionary: Dictionary;
  /** @throws Failure for a token that is not one of ours */
  readonly openToken: (token: string) => BindingClaim;
  /** Longest time between two looks for events, in milliseconds. */
  readonly pollMs?: number;
}

export interface SocketHub extends RunningPart {
  /**
   * Serves a connection until it closes.
   *
   * @param caller who was authenticated when it was opened; absent: only `bind-with-token` is heard
   */
  serve(socket: ClientSocket, caller?: Principal): void;
  /** These subscriptions have new events. */
  deliver(subscriptions: readonly number[]): void;
}

/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const policyViolation = 1008;
const mostBindings = 100;
/** A connection that has not bound anything by then is closed. */
const silenceMs = 30_000;

/**
 * Tells clients over their sockets. A subscription that nobody has bound keeps its events: they are told, in order, to
 * whoever binds next, so that a lost connection loses nothing.
 */
export function startSocketHub(options: SocketHubOptions): SocketHub {
  return new Hub(options);
}

class Hub implements SocketHub {
  private readonly bindings = new Map<number, Set<SocketBinding>>();
  private readonly sockets = new Set<ClientSocket>();
  private readonly loop: Loop;
  private announced = new Set<number>();
  private somewhere = true;

  constructor(private readonly options: SocketHubOptions) {
    this.loop = startLoop({
      name: 'subscription sockets',
      log: options.log,
      everyMs: options.pollMs ?? 1000,
      round: () => this.round(),
    });
    options.session.listen('hjemmebro_event', () => this.wake());
  }

  wake(): void {
    this.somewhere = true;
    this.loop.wake();
  }

  deliver(subscriptions: readonly number[]): void {
    for (const rid of subscriptions) if (this.bindings.has(rid)) this.announced.add(rid);
    if (this.announced.size > 0) this.loop.wake();
  }

  async stop(): Promise<void> {
    await this.loop.stop();
    for (const socket of this.sockets) socket.close(1001, 'the server is stopping');
    const working = [...this.bindings.values()].flatMap((set) => [...set].map((binding) => binding.stop()));
    await Promise.all(working);
  }

  serve(socket: ClientSocket, caller?: Principal): void {
    const own: SocketBinding[] = [];
    this.sockets.add(socket);
    const impatience = setTimeout(() => {
      if (own.length === 0) socket.close(policyViolation, 'nothing was bound');
    }, silenceMs);
    let turn: Promise<void> = Promise.resolve();
    socket.onText((text) => {
      turn = turn
        .then(() => this.hear(socket, text, caller, own))
        .catch((error: unknown) => this.refuse(socket, error));
    });
    socket.onClose(() => {
      clearTimeout(impatience);
      this.sockets.delete(socket);
      for (const binding of own) this.drop(binding);
    });
  }

  private async hear(
    socket: ClientSocket,
    text: string,
    caller: Principal | undefined,
    own: SocketBinding[],
  ): Promise<void> {
    const [, command, argument = ''] = /^(bind|bind-with-token):?\s+(\S+)\s*$/.exec(text) ?? [];
    if (command === 'bind') {
      if (caller === undefined)
        throw new Failure('unauthenticated', 'bind needs an access token when the connection is opened.');
      return this.bind(socket, { ids: [argument], binder: caller, plain: true }, own);
    }
    if (command === 'bind-with-token') {
      const { ids, principal } = this.options.openToken(argument);
      return this.bind(socket, { ids, binder: principal, plain: false }, own);
    }
    throw new Failure('invalid', 'What can be said here is: bind <id>, or bind-with-token <token>.');
  }

  private async bind(
    socket: ClientSocket,
    wish: { readonly ids: readonly string[]; readonly binder: Principal; readonly plain: boolean },
    own: SocketBinding[],
  ): Promise<void> {
    const { pool, dictionary, clock } = this.options;
    const found = await namedSubscriptions(pool, dictionary, wish.ids);
    for (const id of wish.ids) {
      const subscription = found.find((one) => one.id === id);
      const scope = rowScope(wish.binder, clock.now());
      if (subscription === undefined || !(await isVisible(pool, subscription, scope, dictionary)))
        throw new Failure('not-found', 'There is no such Subscription, or it is not one that this client may see.');
      if (!['requested', 'active'].includes(subscription.status))
        throw new Failure('unprocessable', `The Subscription is ${subscription.status}; ask for it anew.`);
      if (!this.sockets.has(socket)) return; // closed meanwhile
      if (own.some((binding) => binding.rid === subscription.rid)) continue;
      if (own.length >= mostBindings) throw new Failure('too-many', 'No more subscriptions can be bound here.');
      const binding = new SocketBinding(this.options, socket, {
        rid: subscription.rid,
        id,
        binder: wish.binder,
        after: subscription.settled,
        onEnd: () => this.end(socket, binding, own),
      });
      own.push(binding);
      const set = this.bindings.get(subscription.rid) ?? new Set();
      this.bindings.set(subscription.rid, set.add(binding));
      await binding.greet(wish.plain);
      binding.pump(subscription.total);
    }
    this.wake();
  }

  /** The subscription was turned off, deleted, or is in error. */
  private end(socket: ClientSocket, binding: SocketBinding, own: SocketBinding[]): void {
    this.drop(binding);
    own.splice(own.indexOf(binding), 1);
    if (own.length === 0) socket.close(1000, 'the subscription has ended');
  }

  private drop(binding: SocketBinding): void {
    const set = this.bindings.get(binding.rid);
    set?.delete(binding);
    if (set?.size === 0) this.bindings.delete(binding.rid);
    void binding.stop();
  }

  private refuse(socket: ClientSocket, error: unknown): void {
    const failure = error instanceof Failure ? error : undefined;
    if (failure === undefined || failure.category === 'fault')
      this.options.log.error({ err: error }, 'a subscription could not be bound to its socket');
    const said = failure === undefined ? 'The subscription could not be bound.' : failure.message;
    void socket.send(`error ${said}`).catch(() => {});
    socket.close(policyViolation, said.slice(0, 100));
  }

  private async round(): Promise<undefined> {
    const rids = this.somewhere ? [...this.bindings.keys()] : [...this.announced];
    this.somewhere = false;
    this.announced = new Set();
    for (const { rid, status, total } of await socketPositions(this.options.pool, rids)) {
      for (const binding of this.bindings.get(rid) ?? []) {
        if (status === 'active') binding.pump(total);
        else if (status !== 'requested') binding.end();
      }
    }
    // The next look, asked or not, is for everybody: subscriptions end without an event.
    this.somewhere = true;
    return undefined;
  }
}
