// https://hl7.org/fhir/R4/search.html#text, #content and the modifier :text
import type { Resource } from '../../fhir/resource.js';
import { bounded, fold } from '../fold.js';
import type { IndexRow, StringRow } from '../index-row.js';
import type { SearchRegistry } from '../registry.js';
import { wordsOf } from '../words.js';
import { asList, asRecord, asText, type Collect } from './extraction.js';
import { compileBranch } from './path.js';

export interface ExtractedTexts {
  /** Words of the narrative, and of everything that is written in the resource, as a `tsvector` literal. */
  readonly narrative: string;
  readonly content: string;
  /** What people read beside codes and references: `param` is the code of their parameter. */
  readonly texts: readonly StringRow[];
}

/** Positions of a tsvector end there. */
const mostWords = 16_000;
/** Between texts that do not follow each other: no phrase reaches over it. */
const gap = 3;
/** Not written by anybody for anybody: encoded content, and what the server keeps. */
const passedOver: ReadonlySet<string> = new Set(['div', 'data', 'resourceType', 'versionId', 'lastUpdated', 'hash']);

/** What full text and `:text` can find in a resource. */
export function extractTexts(resource: Resource, registry: SearchRegistry): ExtractedTexts {
  const narrative = narrativeOf(resource);
  const written: string[] = [];
  collectStrings(resource, written);
  const rows: IndexRow[] = [];
  const extraction = { rows, zone: 'UTC', base: undefined, resource, met: 0 };
  for (const collect of collectors(resource.resourceType, registry)) collect(resource, extraction);
  const seen = new Set<string>();
  return {
    narrative: vectorOf(narrative),
    content: vectorOf([...written, ...narrative]),
    texts: (rows as StringRow[]).filter((row) => {
      const key = `${row.param} ${row.exact}`;
      return seen.has(key) ? false : seen.add(key);
    }),
  };
}

/** The text of the narrative without its markup. */
function narrativeOf(resource: Resource): string[] {
  const div = asText(asRecord(resource['text'])?.['div']);
  if (div === undefined) return [];
  return [
    div
      .replace(/<!--[\s\S]*?-->/g, ' ')
      .replace(/<[^>]*>/g, ' ')
      .replace(/&#(x?)([0-9a-f]{1,6});/gi, (_, hex: string, code: string) => character(parseInt(code, hex ? 16 : 10)))
      .replace(/&(amp|lt|gt|quot|apos|nbsp);/g, ' '),
  ];
}

const character = (code: number): string => (code > 31 && code <= 0x10ffff ? String.fromCodePoint(code) : ' ');

function collectStrings(value: unknown, into: string[]): void {
  if (typeof value === 'string') {
    if (!/^(?:https?:\/\/|urn:)/.test(value)) into.push(value);
  } else if (Array.isArray(value)) for (const item of value) collectStrings(item, into);
  else if (typeof value === 'object' && value !== null)
    for (const [name, item] of Object.entries(value)) if (!passedOver.has(name)) collectStrings(item, into);
}

/** `'kari':1 'testesen':2` – words are letters and digits only, so nothing needs escaping. */
function vectorOf(texts: readonly string[]): string {
  const places = new Map<string, number[]>();
  let place = 0;
  for (const text of texts) {
    for (const word of wordsOf(text)) {
      place += 1;
      if (place > mostWords) break;
      const known = places.get(word);
      if (known === undefined) places.set(word, [place]);
      else if (known.length < 200) known.push(place);
    }
    place += gap;
    if (place > mostWords) break;
  }
  return [...places].map(([word, at]) => `'${word}':${at.join()}`).join(' ');
}

interface Compiled {
  readonly generation: number;
  readonly byType: Map<string, readonly Collect[]>;
}
const compiled = new WeakMap<SearchRegistry, Compiled>();

function collectors(type: string, registry: SearchRegistry): readonly Collect[] {
  let known = compiled.get(registry);
  if (known === undefined || known.generation !== registry.generation)
    compiled.set(registry, (known = { generation: registry.generation, byType: new Map() }));
  let list = known.byType.get(type);
  if (list === undefined) {
    list = registry
      .stored(type)
      .filter(({ kind }) => kind === 'token' || kind === 'reference')
      .flatMap((parameter) =>
        parameter.expression.map((branch) => compileBranch(parameter, branch, collectTexts(parameter.code))),
      );
    known.byType.set(type, list);
  }
  return list;
}

/** CodeableConcept.text, Coding.display, Identifier.type.text, Reference.display. */
function collectTexts(param: string): Collect {
  return (value, { rows }) => {
    const add = (text: unknown): void => {
      const exact = bounded(asText(text) ?? '');
      if (exact !== '') rows.push({ kind: 'string', param, value: bounded(fold(exact)), exact });
    };
    const record = asRecord(value);
    if (record === undefined) return;
    add(record['display']);
    if (typeof record['text'] === 'string') add(record['text']);
    for (const coding of asList(record['coding'])) add(asRecord(coding)?.['display']);
    add(asRecord(record['type'])?.['text']);
  };
}
