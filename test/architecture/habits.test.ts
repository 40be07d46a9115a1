import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { linesMeeting, readSource, root } from './source-files.js';

/** Files that may be longer than the limit, with the reason. */
const longFiles: Readonly<Record<string, string>> = {};
const longest = 400;

const source = readSource('src');
const everything = [...source, ...readSource('test')];

describe('habits', () => {
  test(`no file of the source has more than ${longest} lines`, () => {
    const long = source.filter(({ name, lines }) => lines.length > longest + 1 && longFiles[name] === undefined);
    expect(long.map(({ name, lines }) => `${name}: ${lines.length} lines`)).toEqual([]);
  });

  test('names say what is inside: kebab-case, and nothing that could hold anything', () => {
    const bad = /(^|[/-])(utils?|helpers?|common|misc|manager|shared|stuff)([/.-]|$)/;
    const wrong = everything.filter(
      ({ name }) => bad.test(name) || !/^[a-z0-9-]+(\.test)?\.tsx?$/.test(path.basename(name)),
    );
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  test('nothing is left to do', () => {
    expect(
      everything.flatMap((file) =>
        file.lines.flatMap((line, at) =>
          /\b(TODO|FIXME)\b/.test(line) && !/habits\.test/.test(file.name) ? [`${file.name}:${at + 1}`] : [],
        ),
      ),
    ).toEqual([]);
  });

  test('no test is switched off or alone', () => {
    const pattern = /\b(test|it|describe)\.(skip|only|todo)\b|\b(xit|xtest|xdescribe|fit|fdescribe)\(/;
    expect(
      everything.filter(({ name }) => !name.includes('habits.test')).flatMap((file) => linesMeeting(file, pattern)),
    ).toEqual([]);
  });

  test('relative imports name a file that exists', () => {
    const missing = everything.flatMap((file) =>
      file.imports
        .filter(({ file: target }) => /\.tsx?$/.test(target ?? '') && !existsSync(path.join(root, target!)))
        .map(({ line, specifier }) => `${file.name}:${line}: ${specifier}`),
    );
    expect(missing).toEqual([]);
  });

  test('the commands that the documents name exist', () => {
    const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const documents = readdirSync(root).filter((name) => name.endsWith('.md'));
    const wrong = documents.flatMap((name) =>
      [...readFileSync(path.join(root, name), 'utf8').matchAll(/npm run (?:-s |--silent )?([a-z][a-z:-]*)/g)]
        .filter(([, command]) => scripts[command!] === undefined)
        .map(([text]) => `${name}: ${text}`),
    );
    expect(wrong).toEqual([]);
  });
});
