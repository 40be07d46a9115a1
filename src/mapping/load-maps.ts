import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { Failure } from '../kernel/failure.js';
import { compileMap, type MessageMap } from './compile-map.js';
import type { WritableMap } from './outbound/write-content.js';
import type { SegmentMap } from './outbound/write-segments.js';
import { codeTable } from './code-table.js';
import { type CodeTable, conceptMapFormat, type MapPart, mapPartFormat, messageMapFormat } from './map-format.js';

/** Every map of the `mappings` folder. */
export interface MessageMaps {
  /** The map of an 8279 message type or HL7 event; undefined where the type has none. */
  forMessage(type: string): MessageMap | undefined;
  /** By file name without `.json`. @throws Failure `fault` when it is missing */
  named(name: string): MessageMap;
  /** What a message of the type is written with. @throws Failure `fault` where its map names no root element */
  writable(type: string): WritableMap;
  /** A ConceptMap of `codes/` by file name. @throws Failure `fault` when it is missing */
  table(name: string): CodeTable;
  /** The lines of a map of HL7 segments by file name, for writing. @throws Failure `fault` when it is missing */
  segments(name: string): SegmentMap;
}

/**
 * Reads and compiles `<folder>/*.json`, `<folder>/parts/*.json` and `<folder>/codes/*.json`; called once, at start.
 * Files in `<folder>/examples/` belong to the tests.
 *
 * @throws Failure `fault` naming the file that is wrong
 */
export function loadMessageMaps(folder: string): MessageMaps {
  const tables = new Map(
    jsonFiles(join(folder, 'codes')).map(({ name, path }) => [name, codeTable(read(path, conceptMapFormat))]),
  );
  const parts = new Map<string, MapPart>(
    jsonFiles(join(folder, 'parts')).map(({ name, path }) => [name, read(path, mapPartFormat)]),
  );
  const files = new Map(jsonFiles(folder).map(({ name, path }) => [name, read(path, messageMapFormat)]));
  const maps = new Map([...files].map(([name, file]) => [name, compileMap(name, file, { tables, parts })]));
  const byMessage = new Map([...maps.values()].flatMap((map) => map.messages.map((type) => [type, map] as const)));
  return {
    forMessage: (type) => byMessage.get(type),
    writable(type) {
      const file = [...files.values()].find(({ messages }) => messages.includes(type));
      if (file?.root === undefined) throw new Failure('fault', `There is no map to write ${type} with.`);
      return { root: file.root, files: [file, ...(file.include ?? []).map((name) => parts.get(name)!)], tables };
    },
    table(name) {
      const table = tables.get(name);
      if (table === undefined) throw new Failure('fault', `The code table ${name} is missing.`);
      return table;
    },
    segments(name) {
      const rules = files.get(name)?.resources[0]?.elements;
      if (rules === undefined) throw new Failure('fault', `The message map ${name} is missing.`);
      return { rules, tables };
    },
    named(name) {
      const map = maps.get(name);
      if (map === undefined) throw new Failure('fault', `The message map ${name} is missing.`);
      return map;
    },
  };
}

function jsonFiles(folder: string): readonly { name: string; path: string }[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .map((file) => ({ name: file.slice(0, -'.json'.length), path: join(folder, file) }));
}

function read<T>(path: string, format: z.ZodType<T>): T {
  try {
    return format.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new Failure(
      'fault',
      `The message map ${path} is not right: ${cause instanceof Error ? cause.message : 'unreadable'}`,
      { cause },
    );
  }
}
