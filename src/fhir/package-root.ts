import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '../kernel/failure.js';

let found: string | undefined;

/** The folder of Hjemmebro's own package.json: where `generated/`, `profiles/` and `mappings/` lie, from `src/` and `dist/` alike. */
export function packageRoot(): string {
  found ??= upwards(path.dirname(fileURLToPath(import.meta.url)));
  return found;
}

function upwards(start: string): string {
  for (let folder = start; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'package.json'))) return folder;
    if (folder === path.dirname(folder))
      throw new Failure('fault', 'The folder of package.json was not found above the program.');
  }
}
