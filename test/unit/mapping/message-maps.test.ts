import { readdirSync, readFileSync } from 'node:fs';
import { readHl7 } from '../../../src/mapping/hl7/read-hl7.js';
import { loadMessageMaps } from '../../../src/mapping/load-maps.js';
import { messageTypes } from '../../../src/mapping/plo/message-types.js';
import { treeFault } from '../../../src/mapping/tree/check-tree.js';
import { loadElementTrees } from '../../../src/mapping/tree/element-trees.js';
import { runMap } from '../../../src/mapping/run-map.js';
import { readXml } from '../../../src/mapping/xml/read-xml.js';

const folder = 'mappings/examples';
const maps = loadMessageMaps('mappings');
const trees = loadElementTrees('mappings/trees');
const names = readdirSync('mappings')
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.slice(0, -'.json'.length));

test.each(names)('%s: the example beside the map becomes exactly what is written beside it', (name) => {
  const { input, parameters, expected } = JSON.parse(readFileSync(`${folder}/${name}.json`, 'utf8')) as {
    input: string;
    parameters: Record<string, unknown>;
    expected: unknown;
  };
  const bytes = readFileSync(`${folder}/${input}`);
  const source = input.endsWith('.hl7') ? readHl7(bytes).tree : readXml(bytes);
  expect(runMap(maps.named(name), source, parameters)).toEqual(expected);
});

test('every message type that is taken in has a map, and every map its example', () => {
  for (const type of messageTypes) expect([type, maps.forMessage(type)?.name]).toEqual([type, expect.any(String)]);
  expect(readdirSync(folder).filter((file) => file.endsWith('.json')).length).toBe(names.length);
});

test.each(names)('%s: the example is built as its standard says', (name) => {
  const { input } = JSON.parse(readFileSync(`${folder}/${name}.json`, 'utf8')) as { input: string };
  if (input.endsWith('.xml')) expect(treeFault(readXml(readFileSync(`${folder}/${input}`)), trees)).toBeUndefined();
});
