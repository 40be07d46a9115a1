import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * The content of a file that only its owner may read, made at first use. Two processes that start at once get the same
 * content: the file appears whole or not at all, and the first one stays.
 */
export async function privateFile(folder: string, name: string, make: () => Promise<string> | string): Promise<string> {
  const file = path.join(folder, name);
  const found = await contentOf(file);
  if (found !== undefined) return found;
  await mkdir(folder, { recursive: true });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(draft, await make(), { mode: 0o600, flag: 'wx', flush: true });
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return (await contentOf(file))!;
}

async function contentOf(file: string): Promise<string | undefined> {
  try {
    const content = await readFile(file, 'utf8');
    await chmod(file, 0o600);
    return content;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
