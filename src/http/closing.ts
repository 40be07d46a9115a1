import type { Server } from 'node:http';
import { Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';

/**
 * Follows which connections have a request under way, so that the server can be closed without waiting for those that have
 * none. (`closeIdleConnections` of Node.js leaves those open on which nothing was ever sent.)
 *
 * @returns closes the server: takes no more connections, ends each when its answers are sent, and all after `patience`
 *   milliseconds
 */
export function closing(server: Server): (patience: number) => Promise<void> {
  const underWay = new Map<Socket, number>();
  let ending = false;
  const count = (socket: Socket, change: 1 | -1): void => {
    const requests = underWay.get(socket);
    if (requests === undefined) return;
    underWay.set(socket, requests + change);
    if (ending && requests + change === 0) socket.end();
  };
  // Over TLS, requests come on the socket within.
  server.on(server instanceof SecureServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    underWay.set(socket, 0);
    socket.once('close', () => underWay.delete(socket));
  });
  server.on('request', ({ socket }, response) => {
    count(socket, 1);
    response.once('close', () => count(socket, -1));
  });
  return (patience) =>
    new Promise((resolve) => {
      const timer = setTimeout(() => server.closeAllConnections(), patience);
      ending = true;
      server.close(() => {
        clearTimeout(timer);
        resolve();
      });
      for (const [socket, requests] of underWay) if (requests === 0) socket.destroy();
    });
}
