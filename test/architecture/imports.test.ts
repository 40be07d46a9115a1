import type { Import, SourceFile } from './source-files.js';
import { linesMeeting, readSource } from './source-files.js';

/** Imports go down only, never within a rank. */
const ranks: readonly (readonly string[])[] = [
  ['kernel', 'config'],
  ['fhir'],
  ['search', 'validation', 'terminology', 'followup', 'mapping'],
  ['access', 'subscriptions'],
  ['storage'],
  ['interactions'],
  ['http', 'bridge', 'delivery', 'jobs', 'web', 'observability'],
  ['system'],
  ['cli'],
];
/** Lower rooms get plain values passed in. */
const lowestReaderOfConfig = 6;

/** Package → the only places that may import it. */
const keepers: Record<string, readonly string[]> = {
  pg: ['src/storage/'],
  'node-pg-migrate': ['src/storage/'],
  express: ['src/http/', 'src/web/', 'src/cli/bench/'], // the bench compares with a bare server of it
  helmet: ['src/http/', 'src/web/'],
  'oidc-provider': ['src/http/issuer/'],
  pino: ['src/observability/'],
  'prom-client': ['src/observability/'],
  'node:child_process': ['src/storage/embedded/', 'src/cli/'], // commands may start a server of their own
};

/** What is asked for in one place only, so that tests decide the time, the ids and the settings. */
const sources: readonly { readonly what: string; readonly pattern: RegExp; readonly rooms: readonly string[] }[] = [
  { what: 'process.env', pattern: /\bprocess\.env\b/, rooms: ['config'] },
  {
    what: 'the time',
    pattern: /\bDate\.now\s*\(|\bnew Date\s*\(\s*\)|\bDateTime\.(now|local|utc)\s*\(\s*\)/,
    rooms: ['kernel'],
  },
  { what: 'randomness', pattern: /\bMath\.random\s*\(|\brandomUUID\s*\(/, rooms: ['kernel'] },
];

const files = readSource('src');
const rankOf = (room: string): number => ranks.findIndex((rooms) => rooms.includes(room));

const crossings = files.flatMap((file) =>
  file.imports
    .filter(({ file: target }) => target !== undefined)
    .map((each) => ({ file, each, target: each.file!.split('/')[1]! })),
);
const at = (file: SourceFile, each: Import): string => `${file.name}:${each.line}: imports ${each.specifier}`;

describe('rooms', () => {
  test('every file of the source lies in a room that has a rank', () => {
    expect(files.filter(({ room }) => rankOf(room) < 0).map(({ name }) => name)).toEqual([]);
  });

  test('imports go down the ranks, never up or sideways', () => {
    const wrong = crossings.filter(({ file, target }) => target !== file.room && rankOf(target) >= rankOf(file.room));
    expect(wrong.map(({ file, each }) => at(file, each))).toEqual([]);
  });

  test('nothing is imported from outside the source', () => {
    const wrong = crossings.filter(({ each }) => !each.file!.startsWith('src/'));
    expect(wrong.map(({ file, each }) => at(file, each))).toEqual([]);
  });

  test('only the rooms at the rim read the configuration', () => {
    const wrong = crossings.filter(
      ({ file, target }) => target === 'config' && file.room !== 'config' && rankOf(file.room) < lowestReaderOfConfig,
    );
    expect(wrong.map(({ file, each }) => at(file, each))).toEqual([]);
  });

  test('no file imports itself by a detour', () => {
    expect(cycles(files)).toEqual([]);
  });
});

describe('packages', () => {
  test.each(Object.entries(keepers))('%s is imported only below %j', (name, places) => {
    const wrong = files
      .filter((file) => !places.some((place) => file.name.startsWith(place)))
      .flatMap((file) =>
        file.imports
          .filter(({ specifier }) => specifier === name || specifier.startsWith(`${name}/`))
          .map((each) => at(file, each)),
      );
    expect(wrong).toEqual([]);
  });

  test('the kernel needs no package', () => {
    const wrong = files
      .filter(({ room }) => room === 'kernel')
      .flatMap((file) =>
        file.imports.filter(({ specifier }) => !/^(\.|node:)/.test(specifier)).map((each) => at(file, each)),
      );
    expect(wrong).toEqual([]);
  });
});

describe('pages', () => {
  // What runs in a browser: of the other rooms only what is pure and needs no package but exact decimals.
  const pages = files.filter(({ name }) => name.startsWith('src/web/pages/'));
  const pure = ['kernel', 'fhir', 'followup'];

  test('the pages import browser packages and pure rooms only', () => {
    const wrong = pages.flatMap((file) =>
      file.imports
        .filter(({ specifier, file: target }) =>
          target === undefined
            ? !/^(preact|uplot)(\/|$)/.test(specifier)
            : !target.startsWith('src/web/pages/') && !pure.includes(target.split('/')[1]!),
        )
        .map((each) => at(file, each)),
    );
    expect(wrong).toEqual([]);
  });

  test('nothing of the pages is used by the server', () => {
    const wrong = crossings.filter(
      ({ file, each }) => !file.name.startsWith('src/web/pages/') && each.file!.startsWith('src/web/pages/'),
    );
    expect(wrong.map(({ file, each }) => at(file, each))).toEqual([]);
  });

  test('what the pages take from other rooms needs no Node.js, and no package but exact decimals', () => {
    const byName = new Map(files.map((file) => [file.name, file]));
    const seen = new Set<string>();
    const wrong: string[] = [];
    const walk = (file: SourceFile): void => {
      for (const each of file.imports) {
        const typesOnly = file.lines[each.line - 1]!.startsWith('import type');
        if (
          each.file === undefined &&
          !typesOnly &&
          !file.name.startsWith('src/web/') &&
          each.specifier !== 'decimal.js'
        )
          wrong.push(at(file, each));
        const next = each.file === undefined || typesOnly ? undefined : byName.get(each.file);
        if (next === undefined || seen.has(next.name)) continue;
        seen.add(next.name);
        walk(next);
      }
    };
    pages.forEach(walk);
    expect(wrong).toEqual([]);
  });
});

describe('sources of chance', () => {
  test.each(sources)('$what is asked for only in $rooms', ({ pattern, rooms }) => {
    expect(files.filter(({ room }) => !rooms.includes(room)).flatMap((file) => linesMeeting(file, pattern))).toEqual(
      [],
    );
  });
});

/** Each ring of imports once, as `a → b → a`. */
function cycles(all: readonly SourceFile[]): readonly string[] {
  const byName = new Map(all.map((file) => [file.name, file]));
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (name: string, way: readonly string[]): void => {
    const before = way.indexOf(name);
    if (before >= 0) found.push([...way.slice(before), name].join(' → '));
    if (before >= 0 || done.has(name)) return;
    for (const { file } of byName.get(name)?.imports ?? []) if (file) walk(file, [...way, name]);
    done.add(name);
  };
  for (const { name } of all) walk(name, []);
  return found;
}
