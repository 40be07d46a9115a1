import { compilePath, select, textOf } from '../../../src/mapping/path.js';
import { readXml } from '../../../src/mapping/xml/read-xml.js';

const namespaces = { a: ['urn:a', 'urn:old-a'], b: ['urn:b'] };
const root = readXml(
  Buffer.from(`<root xmlns="urn:a" xmlns:b="urn:b">
    <item><b:kind V="X"/><text>one</text></item>
    <item><b:kind V="Y/Z]"/><text>two</text></item>
    <item><text>three</text></item>
    <old:item xmlns:old="urn:old-a"><old:text>four</old:text></old:item>
    <item xmlns="urn:other"><text>five</text></item>
  </root>`),
);

const cases: readonly [path: string, found: readonly string[]][] = [
  ['a:item/a:text', ['one', 'two', 'three', 'four']],
  ['a:item/b:kind/@V', ['X', 'Y/Z]']],
  ["a:item[b:kind/@V='X']/a:text", ['one']],
  ["a:item[b:kind/@V='Y/Z]']/a:text", ['two']],
  ['a:item[b:kind]/a:text', ['one', 'two']],
  ["a:item[not(b:kind/@V='X')]/a:text", ['two', 'three', 'four']],
  ["a:item[b:kind][not(b:kind/@V='X')]/a:text", ['two']],
  ["a:item[a:text='three']/a:text/.", ['three']],
  ['a:item/@V', []],
  ['item', []],
];

test.each(cases)('%s finds %j', (path, found) => {
  expect(select(compilePath(path, namespaces), root).map(textOf)).toEqual(found);
});

test.each(['c:item', 'a:item[', 'a:item(1)', '//a:item[c:x]'])('%s is refused as an error of the map', (path) => {
  expect(() => compilePath(path, namespaces)).toThrow(expect.objectContaining({ category: 'fault' }));
});
