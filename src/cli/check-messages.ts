/**
 * `npm run -s check-messages -- <schema folder>`: writes every kind of message that the server sends and validates it, the
 * examples of the maps and the receipts against the official schemas, which are not part of the product.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { XmlDocument, XsdValidator } from 'libxml2-wasm';
import { xmlRegisterFsInputProviders } from 'libxml2-wasm/lib/nodejs.mjs';
import { packageRoot } from '../fhir/package-root.js';
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
  return wrong === 0 ? 0 : 1;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  process.exitCode = await main(process.argv[2]);
