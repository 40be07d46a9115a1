import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readConfig, settings } from '../../../src/config/config.js';
import { settingsTable } from '../../../src/config/settings-table.js';
import { packageRoot } from '../../../src/fhir/package-root.js';

const readme = path.join(packageRoot(), 'README.md');
const [begin, end] = ['<!-- settings -->', '<!-- /settings -->'];

test('the README lists every setting with its default (UPDATE_GOLDEN=1 writes the table)', () => {
  const text = readFileSync(readme, 'utf8');
  const [before, rest] = text.split(begin) as [string, string];
  const [table, after] = rest.split(end) as [string, string];
  if (process.env['UPDATE_GOLDEN'] === '1')
    writeFileSync(readme, `${before}${begin}\n${settingsTable(settings)}\n${end}${after}`);
  else expect(table.trim()).toBe(settingsTable(settings));
});

test('every setting that is wrong is named at once', () => {
  expect(() => readConfig({ PORT: 'eighty', CONTROLLER: '12' })).toThrow(/PORT:[\s\S]*CONTROLLER:/);
});

test('production without an issuer is refused', () => {
  expect(() => readConfig({ NODE_ENV: 'production' })).toThrow(/ISSUERS_FILE/);
});
