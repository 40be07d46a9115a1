import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FolderReceiver, type WatchedFolder, watchFolder } from '../../../src/bridge/folder.js';
import { Failure } from '../../../src/kernel/failure.js';
import { silentLog } from '../../../src/kernel/log.js';
import { folderTransport } from '../../../src/bridge/send/folder-transport.js';

let folder: string;
let watched: WatchedFolder | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'messages-'));
});
afterEach(async () => {
  await watched?.stop();
  await rm(folder, { recursive: true, force: true });
});

const accept: FolderReceiver = async (bytes) => ({
  status: 200,
  accepted: true,
  body: Buffer.from(`<AppRec>${bytes.length}</AppRec>`),
});
/** Looks only when told to. */
const watch = async (receive: FolderReceiver, patience = 30_000): Promise<void> => {
  watched = await watchFolder({ folder, interval: 1_000_000, patience }, receive, silentLog);
};
const put = (name: string, text: string): Promise<void> => writeFile(join(folder, 'in', name), text);
const names = async (place: string): Promise<string[]> => (await readdir(join(folder, place))).toSorted();
const lookTwice = async (): Promise<void> => {
  await watched!.look();
  await watched!.look();
};

test('a message is taken when two looks found it unchanged; its receipt goes to out and it to done', async () => {
  await watch(accept);
  await put('a.xml', '<a/>');
  await watched!.look();
  expect(await names('in')).toEqual(['a.xml']);
  await watched!.look();
  expect([await names('in'), await names('out'), await names('done')]).toEqual([[], ['a-apprec.xml'], ['a.xml']]);
  expect(await readFile(join(folder, 'out', 'a-apprec.xml'), 'utf8')).toBe('<AppRec>4</AppRec>');
});

test('a file that still grows is not read', async () => {
  const read: string[] = [];
  await watch(async (bytes) => {
    read.push(bytes.toString());
    return accept(bytes);
  });
  for (const text of ['<a>', '<a><b/>', '<a><b/></a>']) {
    await put('a.xml', text);
    await watched!.look();
  }
  expect(read).toEqual([]);
  await watched!.look();
  expect(read).toEqual(['<a><b/></a>']);
});

test('a half-written file whose writer pauses is waited for, and given up only when it is old', async () => {
  await watch(accept, 10_000);
  await put('half.xml', '<a><b');
  await lookTwice();
  expect(await names('in')).toEqual(['half.xml']);
  await utimes(join(folder, 'in', 'half.xml'), new Date(Date.now() - 60_000), new Date(Date.now() - 60_000));
  await lookTwice();
  expect(await names('in')).toEqual([]);
});

test('temporary names, folders and links are left alone', async () => {
  await watch(accept);
  for (const name of ['.a.xml', 'a.xml.tmp', 'a.part', '~a.xml', 'a.xml~']) await put(name, '<a/>');
  await mkdir(join(folder, 'in', 'folder.xml'));
  await writeFile(join(folder, 'secret.txt'), '<secret/>');
  await symlink(join(folder, 'secret.txt'), join(folder, 'in', 'link.xml'));
  await lookTwice();
  expect(await names('done')).toEqual([]);
  expect((await names('in')).length).toBe(7);
});

test('a refused message goes to failed with its receipt in out; one that cannot be read has the reason beside it; the queue goes on', async () => {
  await watch(async (bytes) => {
    const text = bytes.toString();
    if (text.includes('poison')) throw new Failure('invalid', 'The message is not well-formed XML.');
    return { status: 200, accepted: !text.includes('refuse'), body: Buffer.from('<AppRec/>') };
  });
  await put('1.xml', '<poison/>');
  await put('2.xml', '<refuse/>');
  await put('3.xml', '<good/>');
  await lookTwice();
  expect([await names('in'), await names('failed'), await names('done'), await names('out')]).toEqual([
    [],
    ['1.xml', '1.xml.error.txt', '2.xml'],
    ['3.xml'],
    ['2-apprec.xml', '3-apprec.xml'],
  ]);
  expect(await readFile(join(folder, 'failed', '1.xml.error.txt'), 'utf8')).toBe(
    'The message is not well-formed XML.\n',
  );
});

test('older files are taken first', async () => {
  const order: string[] = [];
  await watch(async (bytes) => {
    order.push(bytes.toString());
    return accept(bytes);
  });
  await put('a-discharge.xml', '<discharge/>');
  await put('b-admission.xml', '<admission/>');
  await utimes(join(folder, 'in', 'b-admission.xml'), new Date(2026, 1, 1), new Date(2026, 1, 1));
  await lookTwice();
  expect(order).toEqual(['<admission/>', '<discharge/>']);
});

test('while the database is away everything stays; then it is taken', async () => {
  let away = true;
  await watch(async (bytes) => {
    if (away) throw new Failure('busy', 'The database is not available; try again shortly.');
    return accept(bytes);
  });
  await put('a.xml', '<a/>');
  await lookTwice();
  expect([await names('in'), await names('failed')]).toEqual([['a.xml'], []]);
  away = false;
  await watched!.look();
  expect(await names('done')).toEqual(['a.xml']);
});

test('after a crash between the receipt and the move, the file is taken again and there is one receipt', async () => {
  await mkdir(join(folder, 'out'), { recursive: true });
  await writeFile(join(folder, 'out', 'a-apprec.xml'), '<AppRec>4</AppRec>');
  await watch(accept);
  await put('a.xml', '<a/>');
  await lookTwice();
  expect([await names('out'), await names('done')]).toEqual([['a-apprec.xml'], ['a.xml']]);
});

test('another message under a used name replaces neither file nor receipt', async () => {
  await watch(accept);
  await put('a.xml', '<a/>');
  await lookTwice();
  await put('a.xml', '<another/>');
  await lookTwice();
  expect([await names('done'), await names('out')]).toEqual([
    ['a-2.xml', 'a.xml'],
    ['a-apprec-2.xml', 'a-apprec.xml'],
  ]);
});

test('an outgoing message is written whole, and a second attempt is the same file', async () => {
  const transport = folderTransport(join(folder, 'out'));
  const message = {
    id: '1',
    msgId: '9b7a0000-0000-4000-8000-000000000001',
    msgType: 'DIALOG_HELSEFAGLIG',
    receiver: '8990021',
    raw: Buffer.from('<MsgHead/>'),
  };
  expect(await transport.send(message)).toBeUndefined();
  await transport.send(message);
  expect(await names('out')).toEqual(['DIALOG_HELSEFAGLIG-9b7a0000-0000-4000-8000-000000000001.xml']);
});
