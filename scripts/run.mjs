// Runs a script under the Node.js that npm brought (node-<platform>-<arch>), where the machine's own is older.
// KEEP_NODE=1 keeps the machine's own. Falls back to it where npm brought none for this platform.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);

function newestNode() {
  if (process.env.KEEP_NODE || Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  try {
    const folder = path.dirname(require.resolve(`node-${process.platform}-${process.arch}/package.json`));
    const binary = path.join(folder, 'bin', 'node');
    return existsSync(binary) ? binary : process.execPath;
  } catch {
    return process.execPath;
  }
}

const node = newestNode();
const child = spawn(node, process.argv.slice(2), {
  stdio: 'inherit',
  env: {
    ...process.env,
    MACHINE_NODE: process.env.MACHINE_NODE ?? process.execPath,
    PATH: path.dirname(node) + path.delimiter + process.env.PATH,
  },
});
child.on('error', (error) => {
  console.error(`${node} could not be started: ${error.message}`);
  process.exitCode = 1;
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
// Killed before it could pass a signal on, npm leaves its script without a parent: the server must not outlive it unseen.
const parent = process.ppid;
if (process.env.npm_lifecycle_event) {
  setInterval(() => process.ppid !== parent && child.exitCode === null && child.kill('SIGTERM'), 500).unref();
}
child.on('exit', (code, signal) => {
  process.exitCode = signal ? 1 : (code ?? 1);
});
