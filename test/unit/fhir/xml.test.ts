// https://hl7.org/fhir/R4/xml.html
import { loadDefinitions } from '../../../src/fhir/definitions.js';
import { parseJson, stringifyJson } from '../../../src/fhir/json.js';
import type { Resource } from '../../../src/fhir/resource.js';
import { readFhirXml } from '../../../src/fhir/xml/read-resource.js';
import { writeFhirXml } from '../../../src/fhir/xml/write-resource.js';
import { Failure } from '../../../src/kernel/failure.js';
import { validResources } from '../validation/valid-resources.js';

const definitions = loadDefinitions();
const write = (json: string, indent?: number): string =>
  writeFhirXml(parseJson(json) as Resource, definitions, indent).replace('<?xml version="1.0" encoding="UTF-8"?>', '');
const read = (xml: string): string => stringifyJson(readFhirXml(xml, definitions));
const inFhir = (xml: string): string => xml.replace(/^<(\w+)/, '<$1 xmlns="http://hl7.org/fhir"');
const refusal = (xml: string): Failure => {
  try {
    readFhirXml(xml, definitions);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error(`accepted: ${xml}`);
};

test.each<[what: string, json: string, xml: string]>([
  ['a value', '{"resourceType":"Patient","active":true}', '<Patient><active value="true"/></Patient>'],
  ['nothing', '{"resourceType":"Patient"}', '<Patient/>'],
  [
    'a decimal with its literal',
    '{"resourceType":"Observation","valueQuantity":{"value":1.0}}',
    '<Observation><valueQuantity><value value="1.0"/></valueQuantity></Observation>',
  ],
  [
    'lists',
    '{"resourceType":"Patient","name":[{"given":["Kari","Åse"]},{"family":"Nordmann"}]}',
    '<Patient><name><given value="Kari"/><given value="Åse"/></name><name><family value="Nordmann"/></name></Patient>',
  ],
  [
    'id and extension of a primitive',
    '{"resourceType":"Patient","birthDate":"1970-03-30","_birthDate":{"id":"b1","extension":[{"url":"http://x.example/t","valueDateTime":"1970"}]}}',
    '<Patient><birthDate id="b1" value="1970-03-30"><extension url="http://x.example/t"><valueDateTime value="1970"/></extension></birthDate></Patient>',
  ],
  [
    'a primitive with an extension and no value',
    '{"resourceType":"Patient","_gender":{"extension":[{"url":"http://x.example/u","valueCode":"x"}]}}',
    '<Patient><gender><extension url="http://x.example/u"><valueCode value="x"/></extension></gender></Patient>',
  ],
  [
    'a list of primitives of which some have an id and some no value',
    '{"resourceType":"Patient","name":[{"given":["A",null,"C"],"_given":[null,{"id":"g2"},null]}]}',
    '<Patient><name><given value="A"/><given id="g2"/><given value="C"/></name></Patient>',
  ],
  [
    'id of an element, nested extensions',
    '{"resourceType":"Patient","name":[{"id":"n1","extension":[{"url":"http://x.example/a","extension":[{"url":"b","valueBoolean":false}]}]}]}',
    '<Patient><name id="n1"><extension url="http://x.example/a"><extension url="b"><valueBoolean value="false"/></extension></extension></name></Patient>',
  ],
  [
    'contained resources, in the order of the definitions',
    '{"resourceType":"Observation","id":"o","contained":[{"resourceType":"Patient","id":"p"}],"status":"final"}',
    '<Observation><id value="o"/><contained><Patient xmlns="http://hl7.org/fhir"><id value="p"/></Patient></contained><status value="final"/></Observation>',
  ],
  [
    'resources in a Bundle and in Parameters',
    '{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Parameters","parameter":[{"name":"resource","resource":{"resourceType":"Basic"}}]}}]}',
    '<Bundle><type value="collection"/><entry><fullUrl value="urn:uuid:1"/><resource><Parameters xmlns="http://hl7.org/fhir"><parameter><name value="resource"/><resource><Basic xmlns="http://hl7.org/fhir"/></resource></parameter></Parameters></resource></entry></Bundle>',
  ],
  [
    'the outcome in a response',
    '{"resourceType":"Bundle","entry":[{"response":{"outcome":{"resourceType":"OperationOutcome","id":"x"}}}]}',
    '<Bundle><entry><response><outcome><OperationOutcome xmlns="http://hl7.org/fhir"><id value="x"/></OperationOutcome></outcome></response></entry></Bundle>',
  ],
  [
    'what XML must escape',
    '{"resourceType":"Patient","name":[{"text":"<a> & \\"b\\"\\tc\\nd\\re  f 𝒳"}]}',
    '<Patient><name><text value="&lt;a&gt; &amp; &quot;b&quot;&#9;c&#10;d&#13;e  f 𝒳"/></name></Patient>',
  ],
  [
    'elements that share a definition',
    '{"resourceType":"Questionnaire","item":[{"linkId":"1","item":[{"linkId":"1.1","item":[{"linkId":"1.1.1"}]}]}]}',
    '<Questionnaire><item><linkId value="1"/><item><linkId value="1.1"/><item><linkId value="1.1.1"/></item></item></item></Questionnaire>',
  ],
  [
    'a narrative, as it was written',
    '{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">a&#160;<b class=\'x\'>b</b> <!-- c --><br />\\n</div>"}}',
    '<Patient><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">a&#160;<b class=\'x\'>b</b> <!-- c --><br />\n</div></text></Patient>',
  ],
])('%s is the same in JSON and XML', (_what, json, xml) => {
  expect(write(json)).toBe(inFhir(xml));
  expect(read(inFhir(xml))).toBe(json);
  expect(read(write(json, 2))).toBe(json);
});

test.each(Object.entries(validResources))('%s goes to XML and back', (_name, resource) => {
  expect(readFhirXml(writeFhirXml(resource, definitions), definitions)).toEqual(resource);
});

test('indented, each element has its line', () => {
  expect(write('{"resourceType":"Patient","name":[{"family":"N"}]}', 2)).toBe(
    '\n<Patient xmlns="http://hl7.org/fhir">\n  <name>\n    <family value="N"/>\n  </name>\n</Patient>',
  );
});

test.each<[what: string, xml: string, json: string]>([
  [
    'prefixes, also of the narrative',
    '<f:Patient xmlns:f="http://hl7.org/fhir" xmlns:h="http://www.w3.org/1999/xhtml"><f:text><f:status value="generated"/><h:div><h:p>x</h:p></h:div></f:text></f:Patient>',
    '{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\"><p>x</p></div>"}}',
  ],
  [
    'CDATA in the narrative',
    '<Patient xmlns="http://hl7.org/fhir"><text><div xmlns="http://www.w3.org/1999/xhtml"><![CDATA[a<b>&]]></div></text></Patient>',
    '{"resourceType":"Patient","text":{"div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">a&lt;b&gt;&amp;</div>"}}',
  ],
  [
    'comments, processing instructions, a byte order mark and a schema location',
    '\ufeff<?xml version="1.0" encoding="utf-8"?><!-- a <b> --><?x y?><Patient xmlns="http://hl7.org/fhir" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://hl7.org/fhir patient.xsd"><!-- <active/> --><active value="true"/></Patient><!-- z -->',
    '{"resourceType":"Patient","active":true}',
  ],
  [
    'another order',
    '<Patient xmlns="http://hl7.org/fhir"><gender value="male"/><name><given value="A"/></name><active value="true"/><name><given value="B"/></name></Patient>',
    '{"resourceType":"Patient","gender":"male","name":[{"given":["A"]},{"given":["B"]}],"active":true}',
  ],
  [
    'line breaks in attributes, which XML reads as spaces',
    '<Patient xmlns="http://hl7.org/fhir"><name><text value="a\r\nb\tc&#10;d"/></name></Patient>',
    '{"resourceType":"Patient","name":[{"text":"a b c\\nd"}]}',
  ],
])('%s can be read', (_what, xml, json) => {
  expect(read(xml)).toBe(json);
});

test.each<[what: string, xml: string, expression: string | undefined, says: RegExp]>([
  ['not well-formed', '<Patient xmlns="http://hl7.org/fhir">\n<active', undefined, /not well-formed XML at line 2/],
  ['a DOCTYPE', '<!DOCTYPE Patient [<!ENTITY a "b">]><Patient xmlns="http://hl7.org/fhir"/>', undefined, /DOCTYPE/],
  ['an unknown entity', inFhir('<Patient><gender value="&nbsp;"/></Patient>'), undefined, /not well-formed/],
  [
    'an encoding',
    '<?xml version="1.0" encoding="iso-8859-1"?><Patient xmlns="http://hl7.org/fhir"/>',
    undefined,
    /UTF-8/,
  ],
  ['no namespace', '<Patient/>', 'Resource', /http:\/\/hl7.org\/fhir/],
  ['no resource', inFhir('<HumanName/>'), 'HumanName', /no resource type/],
  ['an abstract type', inFhir('<DomainResource/>'), 'DomainResource', /no resource type/],
  ['an unknown element', inFhir('<Patient><shoeSize value="1"/></Patient>'), 'Patient', /shoeSize is not known/],
  ['a prototype', inFhir('<Patient><__proto__ value="1"/></Patient>'), 'Patient', /not known/],
  ['an unknown attribute', inFhir('<Patient><name use="official"/></Patient>'), 'Patient.name[0]', /use has no place/],
  ['text', inFhir('<Patient><active>true</active></Patient>'), 'Patient.active', /text/],
  ['an empty element', inFhir('<Patient><name/></Patient>'), 'Patient.name[0]', /value or content/],
  ['an empty primitive', inFhir('<Patient><active/></Patient>'), 'Patient.active', /value or content/],
  ['a second one', inFhir('<Patient><active value="true"/><active value="true"/></Patient>'), 'Patient.active', /once/],
  ['a boolean in words', inFhir('<Patient><active value="yes"/></Patient>'), 'Patient.active', /true or false/],
  [
    'no number',
    inFhir('<Patient><multipleBirthInteger value="+1"/></Patient>'),
    'Patient.multipleBirthInteger',
    /number/,
  ],
  [
    'another namespace',
    inFhir('<Patient><active xmlns="http://x.example" value="true"/></Patient>'),
    'Patient.active',
    /namespace/,
  ],
  [
    'two resources in one',
    inFhir('<Observation><contained><Basic/><Basic/></contained></Observation>'),
    'Observation.contained[0]',
    /exactly one/,
  ],
  [
    'too deep',
    inFhir(`<Questionnaire>${'<item>'.repeat(120)}${'</item>'.repeat(120)}</Questionnaire>`),
    undefined,
    /deeper than 100/,
  ],
])('%s is refused', (_what, xml, expression, says) => {
  const { category, issues } = refusal(xml);
  expect([category, issues[0]?.expression?.[0]]).toEqual(['invalid', expression]);
  expect(issues[0]?.diagnostics).toMatch(says);
});
