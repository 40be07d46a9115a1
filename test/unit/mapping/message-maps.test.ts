import { readdirSync, readFileSync } from 'node:fs';
import { readHl7 } from '../../../src/mapping/hl7/read-hl7.js';
import { loadMessageMaps } from '../../../src/mapping/load-maps.js';
import { runMap } from '../../../src/mapping/run-map.js';
import { readXml } from '../../../src/mapping/xml/read-xml.js';

const folder = 'mappings/examples';
const maps = loadMessageMaps('mappings');
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

test('every message type of a map names that map', () => {
  for (const type of [
    'HENVISNING_NYTILSTAND',
    'DIALOG_FORESPORSEL',
    'LOG_INNLAGT',
    'LOG_UTSKREVET',
    'ADT^A01',
    'ADT^A03',
  ]) {
    expect(maps.forMessage(type)).toBeDefined();
  }
  expect(maps.forMessage('LOG_DOD')).toBeUndefined();
});
