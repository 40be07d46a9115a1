// Known weaknesses of the packages that run in production. Findings of level high or above fail; a registry that gives no
// answer does not, so that this can run where there is no network.
import { spawnSync } from 'node:child_process';

const { status, stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8', timeout: 60_000 });
let report;
try {
  report = JSON.parse(stdout);
} catch {
  report = undefined;
}
const counts = report?.metadata?.vulnerabilities;
if (counts === undefined) {
  process.stderr.write('The registry gave no answer about known weaknesses; nothing was checked.\n');
  process.exit(0);
}
for (const [name, { severity, fixAvailable }] of Object.entries(report.vulnerabilities ?? {}))
  process.stdout.write(`${severity}: ${name}${fixAvailable ? ' (a fix is there)' : ''}\n`);
process.stdout.write(`${counts.total} known weaknesses, ${counts.high + counts.critical} of them high or critical.\n`);
process.exit(counts.high + counts.critical > 0 ? (status ?? 1) : 0);
