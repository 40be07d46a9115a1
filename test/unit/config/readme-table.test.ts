import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

test('production refuses the token issuer of development', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'config-'));
  const file = path.join(folder, 'issuers.json');
  writeFileSync(
    file,
    JSON.stringify([{ issuer: 'https://issuer.example', audience: 'a', jwks: 'https://issuer.example/jwks' }]),
  );
  const production = { NODE_ENV: 'production', ISSUERS_FILE: file };
  expect(readConfig(production).EMBEDDED_ISSUER).toBe(false);
  expect(() => readConfig({ ...production, EMBEDDED_ISSUER: 'on' })).toThrow(/EMBEDDED_ISSUER/);
  expect(readConfig({}).EMBEDDED_ISSUER).toBe(true);
  rmSync(folder, { recursive: true });
});
