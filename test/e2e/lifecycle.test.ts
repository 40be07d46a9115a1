import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { worksIn } from '../../src/storage/embedded/postmaster.js';
import { type RunningServer, startRefused, startServer } from '../support/server.js';

let dataFolder: string;
let server: RunningServer | undefined;

beforeEach(async () => {
  dataFolder = await mkdtemp(path.join(tmpdir(), 'hjemmebro-lifecycle-'));
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  const left = await databasePid().catch(() => 0);
  if (worksIn(left, path.join(dataFolder, 'postgres'))) process.kill(left, 'SIGKILL');
  await rm(dataFolder, { recursive: true, force: true });
});

const start = async (): Promise<RunningServer> => {
  server = await startServer({ dataFolder, embedded: true });
  return server;
};

const databasePid = async (): Promise<number> =>
  Number((await readFile(path.join(dataFolder, 'postgres/postmaster.pid'), 'utf8')).split('\n')[0]);

/** Creates until told to stop or until the server is gone; the ids that were acknowledged. */
function keepCreating(
  on: RunningServer,
  lanes = 8,
): { acknowledged: string[]; broken: () => number; finish(): Promise<void> } {
  const acknowledged: string[] = [];
  let broken = 0;
  let going = true;
  const lane = async (): Promise<void> => {
    while (going) {
      try {
        const answer = await on.request('admin', 'Basic', {
          method: 'POST',
          body: { resourceType: 'Basic', code: { text: 'note' } },
        });
        const { id } = (await answer.json()) as { id?: string };
        if (answer.status === 201 && id) acknowledged.push(id);
        else await new Promise((resolve) => setTimeout(resolve, 20));
      } catch {
        broken += 1;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };
  const all = Promise.all(Array.from({ length: lanes }, lane));
  return {
    acknowledged,
    broken: () => broken,
    finish: async () => {
      going = false;
      await all;
    },
  };
}

const until = async (condition: () => boolean | Promise<boolean>, patience = 10_000): Promise<void> => {
  for (let waited = 0; !(await condition()); waited += 20) {
    if (waited > patience) throw new Error('It did not come about in time.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

async function missing(on: RunningServer, ids: readonly string[]): Promise<string[]> {
  const answers = await Promise.all(
    ids.map(async (id) => [id, (await on.request('admin', `Basic/${id}`)).status] as const),
  );
  return answers.filter(([, status]) => status !== 200).map(([id]) => id);
}

describe('a server of its own database', () => {
  test('says ready once, with its address', async () => {
    const { output, origin } = await start();
    const lines = output()
      .split('\n')
      .filter((line) => /\bready\b/.test(line));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`${new URL(origin).port}/fhir`);
  });

  test('SIGTERM finishes what is in flight, stops the database, and the next start finds everything', async () => {
    const first = await start();
    const writing = keepCreating(first);
    await until(() => writing.acknowledged.length > 50);
    const pid = await databasePid();
    const code = await first.stop();
    await writing.finish();
    expect(code).toBe(0);
    expect(worksIn(pid, path.join(dataFolder, 'postgres'))).toBe(false);
    expect(await missing(await start(), writing.acknowledged)).toEqual([]);
  });

  test('killed in the middle of its work, it loses nothing that was acknowledged', async () => {
    const first = await start();
    const writing = keepCreating(first);
    await until(() => writing.acknowledged.length > 50);
    await first.kill();
    await writing.finish();
    expect(await missing(await start(), writing.acknowledged)).toEqual([]);
  });

  test('a killed database comes back by itself, with everything that was acknowledged', async () => {
    const running = await start();
    const writing = keepCreating(running);
    await until(() => writing.acknowledged.length > 50);
    const before = writing.acknowledged.length;
    process.kill(await databasePid(), 'SIGKILL');
    await until(() => writing.acknowledged.length > before + 50, 20_000);
    await writing.finish();
    await until(async () => (await fetch(`${running.origin}/health/ready`)).ok);
    expect(await missing(running, writing.acknowledged)).toEqual([]);
    expect(running.child.exitCode).toBeNull();
  });

  test('a second server on the same data is refused with a sentence', async () => {
    await start();
    const { code, output } = await startRefused({ dataFolder });
    expect(code).not.toBe(0);
    expect(output).toContain('Another server is using the data folder');
  });

  test('a port that is taken is refused with a sentence, and leaves no database running', async () => {
    const running = await start();
    const other = await mkdtemp(path.join(tmpdir(), 'hjemmebro-lifecycle-'));
    const { code, output } = await startRefused({
      dataFolder: other,
      environment: { PORT: new URL(running.origin).port },
    });
    const pid = await readFile(path.join(other, 'postgres/postmaster.pid'), 'utf8').catch(() => '');
    await rm(other, { recursive: true, force: true });
    expect(code).not.toBe(0);
    expect(output).toContain(new URL(running.origin).port);
    expect(pid).toBe('');
  });
});

describe('the launcher', () => {
  test("the server also runs on the machine's own Node.js", async () => {
    const node = process.env['MACHINE_NODE'] ?? process.execPath;
    server = await startServer({ node, environment: { KEEP_NODE: '1' } });
    const answer = await server.request('admin', 'metadata');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ resourceType: 'CapabilityStatement', fhirVersion: '4.0.1' });
    const created = await server.request('admin', 'Basic', {
      method: 'POST',
      body: { resourceType: 'Basic', code: { text: 'note' } },
    });
    expect(created.status).toBe(201);
  });

  test('passes SIGTERM on and ends as the server ended', async () => {
    server = await startServer({ node: process.execPath });
    server.child.kill('SIGTERM');
    const [code] = (await once(server.child, 'exit')) as [number | null];
    expect(code).toBe(0);
  });
});
