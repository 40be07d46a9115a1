import { type AddressInfo, createServer, type Server } from 'node:net';

/** A mail server that takes everything, one connection after another. https://www.rfc-editor.org/rfc/rfc5321 */
export async function openMailbox() {
  const mails: string[] = [];
  const mailbox: Server = createServer((socket) => {
    let data: string[] | undefined;
    let rest = '';
    socket.write('220 mailbox\r\n');
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\r\n');
      rest = lines.pop()!;
      for (const line of lines) {
        if (data !== undefined && line === '.') {
          mails.push(data.join('\n'));
          data = undefined;
          socket.write('250 taken\r\n');
        } else if (data !== undefined) data.push(line);
        else if (line === 'DATA') {
          data = [];
          socket.write('354 go on\r\n');
        } else if (line.startsWith('QUIT')) socket.end('221 bye\r\n');
        else socket.write('250 ok\r\n');
      }
    });
  });
  await new Promise<void>((resolve) => mailbox.listen(0, '127.0.0.1', resolve));
  return {
    mails,
    port: (mailbox.address() as AddressInfo).port,
    close: () => new Promise((resolve) => mailbox.close(resolve)),
  };
}
