/**
 * Hears of changes as they happen, over a WebSocket subscription: a Subscription of one's own, bound by a token, as a browser
 * cannot send headers there. https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/channels.html#websockets
 */
import { instant, systemClock } from '../../../kernel/clock.js';
import type { FhirClient } from './client.js';
import { parameterIn } from './reading.js';
import type { Parameters, Resource } from './types.js';

export interface Live {
  readonly stop: () => void;
}

/** Long enough for a shift; a subscription that a closed window left behind ends by itself. */
const lifeMs = 12 * 3_600_000;
const retryMs = 5_000;
const pollMs = 20_000;

/**
 * @param criteria which changes, as a search: `Task?intent=order`
 * @param onChange something changed; also called now and then while there is no socket
 * @param onState whether changes come by themselves
 */
export function listen(
  fhir: FhirClient,
  criteria: string,
  onChange: () => void,
  onState: (live: boolean) => void,
): Live {
  let stopped = false;
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let subscription: Promise<Resource> | undefined;

  const connect = async (): Promise<void> => {
    try {
      subscription ??= fhir.create<Resource>({
        resourceType: 'Subscription',
        status: 'requested',
        reason: 'Åpen side i nettleser',
        criteria,
        end: instant(systemClock.now() + lifeMs),
        channel: { type: 'websocket' },
      });
      const { id } = await subscription;
      const { parameter } = await fhir.operation<Parameters>(`Subscription/${id}/$get-ws-binding-token`);
      if (stopped) return;
      const { pathname } = new URL(parameterIn(parameter, 'websocket-url')?.valueUrl ?? '', location.href);
      const opened = new WebSocket(`${location.origin.replace(/^http/, 'ws')}${pathname}`);
      socket = opened;
      opened.onopen = () => opened.send(`bind-with-token ${parameterIn(parameter, 'token')?.valueString}`);
      opened.onmessage = ({ data }) => {
        if (String(data).startsWith('bound')) onState(true);
        // What changed between the first look and the binding is fetched as well.
        onChange();
      };
      opened.onclose = () => again(retryMs);
    } catch {
      subscription = undefined;
      again(pollMs);
    }
  };
  const again = (after: number): void => {
    if (stopped) return;
    onState(false);
    timer = setTimeout(() => {
      onChange();
      void connect();
    }, after);
  };
  const stop = (): void => {
    if (stopped) return;
    stopped = true;
    clearTimeout(timer);
    removeEventListener('pagehide', stop);
    if (socket !== undefined) socket.onclose = null;
    socket?.close();
    void subscription?.then(({ id }) => fhir.remove(`Subscription/${id}`)).catch(() => undefined);
  };
  addEventListener('pagehide', stop);
  void connect();
  return { stop };
}
