import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './source-files.js';

const rows = readFileSync(path.join(root, 'SECURITY.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| [STRIDE] \|/.test(line));

test('every threat that SECURITY.md names has a guard and a test that is there', () => {
  const wrong = rows.filter((line) => {
    const [, file, name] = /`(test\/[^:`]+): ([^`]+)`/.exec(line.split('|')[4] ?? '') ?? [];
    if (file === undefined || name === undefined || !existsSync(path.join(root, file))) return true;
    return !readFileSync(path.join(root, file), 'utf8').includes(name);
  });
  expect(wrong).toEqual([]);
});

test('every kind of threat is thought of', () => {
  expect(new Set(rows.map((line) => line[2]))).toEqual(new Set('STRIDE'));
});
