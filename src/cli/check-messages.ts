/**
 * `npm run -s check-messages -- <schema folder>`: writes every kind of message that the server sends and validates it, the
 * examples of the maps and the receipts against the official schemas, which are not part of the product. Then it breaks them
 * in many ways and compares what the schemas say with what the server's own element trees say.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { XmlDocument, XsdValidator } from 'libxml2-wasm';
import { xmlRegisterFsInputProviders } from 'libxml2-wasm/lib/nodejs.mjs';
import { packageRoot } from '../fhir/package-root.js';
import { treeFault } from '../mapping/tree/check-tree.js';
import { loadElementTrees } from '../mapping/tree/element-trees.js';
import { Failure } from '../kernel/failure.js';
import type { XmlElement } from '../mapping/xml/xml-element.js';
import { readXml } from '../mapping/xml/read-xml.js';
import { mutationsOf } from './mutations.js';
import { outboundExamples } from './outbound-examples.js';

/** EPJ-ekstrakt: the published schema has no place for the content that its own specification puts there. */
const withoutSchema: ReadonlySet<string> = new Set(['epj-ekstrakt.xml']);

/** What was validated, and what the schema says of it. */
interface Checked {
  readonly name: string;
  readonly faults: readonly string[];
}

/**
 * A schema that imports every namespace of the folder, so that the content of a message is validated too.
 *
 * @throws Error when the folder has no schemas
 */
function schemaOf(folder: string): XsdValidator {
  const own = path.join(folder, 'all.xsd');
  if (existsSync(own)) return XsdValidator.fromDoc(XmlDocument.fromBuffer(readFileSync(own), { url: own }));
  const imports = readdirSync(folder)
    .filter((name) => name.endsWith('.xsd'))
    .flatMap((name) => {
      const namespace = /targetNamespace="([^"]+)"/.exec(readFileSync(path.join(folder, name), 'utf8'))?.[1];
      return namespace === undefined ? [] : [`<xs:import namespace="${namespace}" schemaLocation="${name}"/>`];
    });
  if (imports.length === 0) throw new Error(`${folder} has no schemas (*.xsd).`);
  const text = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">${imports.join('')}</xs:schema>`;
  return XsdValidator.fromDoc(XmlDocument.fromString(text, { url: path.join(folder, 'driver.xsd') }));
}

function check(schema: XsdValidator, name: string, xml: Uint8Array): Checked {
  const document = XmlDocument.fromBuffer(xml);
  try {
    schema.validate(document);
    return { name, faults: [] };
  } catch (error) {
    const details = (error as { readonly details?: readonly { readonly message: string }[] }).details;
    return { name, faults: details?.map(({ message }) => message.trim()) ?? [String(error)] };
  } finally {
    document.dispose();
  }
}

/** An element that was moved away from the declaration of its prefix is no XML any more. */
function wellFormed(bytes: Uint8Array): XmlElement | undefined {
  try {
    return readXml(bytes);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

const variants = 60;

/** Variants that the element trees judge otherwise than the schema. */
function compared(schema: XsdValidator, name: string, xml: string, seed: number): readonly string[] {
  const trees = loadElementTrees(path.join(packageRoot(), 'mappings', 'trees'));
  return mutationsOf(xml, variants, seed).flatMap((mutation) => {
    const bytes = Buffer.from(mutation.xml);
    const root = wellFormed(bytes);
    if (root === undefined) return [];
    const theirs = check(schema, mutation.name, bytes).faults;
    const ours = treeFault(root, trees);
    if ((theirs.length === 0) === (ours === undefined)) return [];
    return [`${name}, ${mutation.name}: ${ours ?? `accepted here; ${theirs[0] ?? ''}`}`];
  });
}

async function main(folder: string | undefined): Promise<number> {
  if (folder === undefined || !existsSync(folder)) {
    process.stderr.write('Usage: npm run -s check-messages -- <folder with the official schemas (*.xsd)>\n');
    return 2;
  }
  xmlRegisterFsInputProviders();
  const schema = schemaOf(path.resolve(folder));
  const checked: Checked[] = [];
  const messages = await outboundExamples();
  for (const { name, xml } of messages.filter(({ ebxml }) => ebxml !== true)) checked.push(check(schema, name, xml));
  const examples = path.join(packageRoot(), 'mappings', 'examples');
  for (const file of readdirSync(examples).filter((one) => one.endsWith('.xml') && !withoutSchema.has(one)))
    checked.push(check(schema, `mappings/examples/${file}`, readFileSync(path.join(examples, file))));
  const sound = [
    ...messages.filter(({ ebxml }) => ebxml !== true),
    ...readdirSync(examples)
      .filter((one) => one.endsWith('.xml') && !withoutSchema.has(one))
      .map((name) => ({ name, xml: readFileSync(path.join(examples, name)) })),
  ];
  const disagreements = sound.flatMap(({ name, xml }, index) =>
    compared(schema, name, Buffer.from(xml).toString(), index + 1),
  );
  const ebxml = path.join(folder, 'ebxml');
  if (existsSync(ebxml)) {
    const envelope = schemaOf(path.resolve(ebxml));
    for (const { name, xml } of messages.filter((one) => one.ebxml === true)) checked.push(check(envelope, name, xml));
  }
  for (const { name, faults } of checked)
    process.stdout.write(
      `${faults.length === 0 ? 'valid  ' : 'INVALID'} ${name}\n${faults.map((one) => `        ${one}\n`).join('')}`,
    );
  const wrong = checked.filter(({ faults }) => faults.length > 0).length;
  process.stdout.write(`${checked.length} messages, ${wrong} invalid\n`);
  for (const disagreement of disagreements) process.stdout.write(`DISAGREE ${disagreement}\n`);
  process.stdout.write(
    `${sound.length * variants} broken variants, ${disagreements.length} judged otherwise than by the schemas\n`,
  );
  return wrong === 0 && disagreements.length === 0 ? 0 : 1;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  process.exitCode = await main(process.argv[2]);
