import { choiceName, type Definitions } from '../fhir/definitions.js';
import { primitiveCheck } from '../fhir/primitives.js';
import type { ElementNode, Rule, TypeReference } from '../fhir/structure.js';
import { bindingCheck } from './binding-check.js';
import { forbiddenField, objectField, primitiveFields } from './fields.js';
import { invariantsAt } from './invariants.js';
import { narrativeProblem } from './narrative.js';
import {
  type Choice,
  checkInvariants,
  type Field,
  type ObjectContent,
  ObjectRule,
  type Requirement,
  type ValueCheck,
} from './object-rule.js';
import { referenceCheck } from './reference-check.js';
import { isObject } from './visit.js';

/** Checks a resource inside another: contained, or in an entry or parameter. Given by resource-check.ts, which needs the rules. */
export type NestedResourceCheck = (value: unknown, visit: Parameters<ValueCheck>[1], path: string) => void;

interface Container {
  readonly path: string;
  readonly elements: readonly ElementNode[];
  readonly rules: readonly Rule[] | undefined;
  readonly isResource: boolean;
}

/**
 * Element trees → rules. Each type and each element with elements of its own becomes one `ObjectRule`, compiled when first
 * needed. A profile's tree is of the same form, so the same code compiles it; `scope` keeps its rules apart from R4's own.
 */
export class TypeCompiler {
  private readonly rules = new Map<string, ObjectRule>();

  constructor(
    private readonly definitions: Definitions,
    private readonly nestedResource: NestedResourceCheck,
  ) {}

  /** The rule of a resource type or data type; undefined where R4 has none of this name. */
  ruleOfType(name: string): ObjectRule | undefined {
    const known = this.rules.get(name);
    if (known !== undefined) return known;
    const type = this.definitions.type(name);
    if (type === undefined || type.kind === 'primitive-type') return undefined;
    return this.ruleOf({
      path: name,
      elements: type.elements,
      rules: type.rules,
      isResource: type.kind === 'resource',
    });
  }

  private ruleOf(container: Container): ObjectRule {
    let rule = this.rules.get(container.path);
    if (rule === undefined) {
      rule = new ObjectRule(() => this.compile(container));
      this.rules.set(container.path, rule);
    }
    return rule;
  }

  private compile(container: Container): ObjectContent {
    const fields = new Map<string, Field>();
    const required: Requirement[] = [];
    const choices: Choice[] = [];
    for (const node of container.elements) {
      const names = this.addFields(node, `${container.path}.${node.name}`, fields);
      if ((node.min ?? 0) > 0)
        required.push({ step: `.${node.name}`, names: names.flatMap((name) => [name, `_${name}`]) });
      if (node.choice === true && names.length > 1) choices.push({ step: `.${node.name}`, names });
    }
    const invariants = invariantsAt(container.path, container.rules);
    if (container.path === 'Extension') invariants.push(extensionOrValue);
    return { title: container.path, isResource: container.isResource, fields, required, choices, invariants };
  }

  /** Adds the JSON names of an element and returns those that hold its value. */
  private addFields(node: ElementNode, path: string, fields: Map<string, Field>): string[] {
    const types: readonly (TypeReference | undefined)[] = node.content === undefined ? (node.types ?? []) : [undefined];
    return types.map((type) => {
      const isChoice = node.choice === true && type !== undefined;
      const name = isChoice ? choiceName(node, type.code) : node.name;
      const step = isChoice ? `.${node.name}.ofType(${type.code})` : `.${node.name}`;
      const max = node.max === '*' ? Number.POSITIVE_INFINITY : (node.max ?? 1);
      if (max === 0) {
        fields.set(name, forbiddenField(step));
        return name;
      }
      const options = {
        name,
        step,
        min: node.min ?? 0,
        max,
        list: node.list === true,
        check: this.valueCheck(node, type, path),
      };
      if (type === undefined || !this.definitions.isPrimitive(type.code)) fields.set(name, objectField(options));
      else for (const [key, field] of primitiveFields(options, this.elementRule)) fields.set(key, field);
      return name;
    });
  }

  private get elementRule(): ObjectRule {
    return this.ruleOfType('Element')!;
  }

  private valueCheck(node: ElementNode, type: TypeReference | undefined, path: string): ValueCheck {
    const checks = [this.typeCheck(node, type, path), ...this.furtherChecks(node, type, path)];
    const [first, second, third] = checks;
    if (checks.length === 1) return first!;
    if (checks.length === 2) {
      return (value, visit) => {
        first!(value, visit);
        second!(value, visit);
      };
    }
    return (value, visit) => {
      first!(value, visit);
      second!(value, visit);
      third!(value, visit);
    };
  }

  /** Binding and invariants that stand at the element rather than at its type. */
  private furtherChecks(node: ElementNode, type: TypeReference | undefined, path: string): ValueCheck[] {
    const further: ValueCheck[] = [];
    if (node.binding?.strength === 'required' && type !== undefined) {
      const valueSet = this.definitions.valueSet(node.binding.valueSet);
      const check = valueSet && bindingCheck(valueSet, type.code);
      if (check !== undefined) further.push(check);
    }
    const rules = [
      ...(node.children === undefined ? (node.rules ?? []) : []),
      ...(isSimpleQuantity(type) ? [simpleQuantity] : []),
    ];
    const invariants = invariantsAt(path, rules);
    if (invariants.length > 0) {
      further.push((value, visit) => {
        if (!visit.isFull && (!isObject(value) || Object.keys(value).length > 0))
          checkInvariants(invariants, value, visit);
      });
    }
    return further;
  }

  private typeCheck(node: ElementNode, type: TypeReference | undefined, path: string): ValueCheck {
    if (type === undefined) return this.sharedCheck(node.content!);
    if (node.children !== undefined)
      return this.ruleOf({ path, elements: node.children, rules: node.rules, isResource: false }).check;
    const primitive = primitiveCheck(type.code);
    if (primitive !== undefined) return primitiveValueCheck(type.code, primitive);
    const definition = this.definitions.type(type.code);
    if (definition?.kind === 'resource') return (value, visit) => this.nestedResource(value, visit, path);
    const rule = this.ruleOfType(type.code) ?? this.elementRule;
    return type.code === 'Reference' ? referenceCheck(this.definitions, rule.check, type.targets) : rule.check;
  }

  /** An element that shares the definition of another one (`Questionnaire.item.item`). */
  private sharedCheck(path: string): ValueCheck {
    let check: ValueCheck | undefined;
    return (value, visit) => {
      check ??= this.ruleOf(this.containerAt(path)).check;
      check(value, visit);
    };
  }

  private containerAt(path: string): Container {
    const node = this.definitions.elementAt(path)?.node;
    return { path, elements: node?.children ?? [], rules: node?.rules, isResource: false };
  }
}

function primitiveValueCheck(type: string, check: (value: unknown) => string | undefined): ValueCheck {
  const isUri = type === 'uri' || type === 'url' || type === 'canonical';
  return (value, visit) => {
    const problem = check(value) ?? (type === 'xhtml' ? narrativeProblem(value as string) : undefined);
    if (problem !== undefined) visit.report('value', problem);
    else if (isUri && (value as string).startsWith('#'))
      visit.surroundings?.localTargets.add((value as string).slice(1));
  };
}

const isSimpleQuantity = (type: TypeReference | undefined): boolean =>
  type?.profiles?.some((profile) => profile.endsWith('/SimpleQuantity')) === true;
const simpleQuantity: Rule = {
  key: 'sqty-1',
  human: 'The comparator is not used on a SimpleQuantity',
  expression: 'comparator.empty()',
};

const extensionOrValue = {
  key: 'ext-1',
  human: 'An extension must have either a value or extensions, not both',
  holds(extension: unknown): boolean {
    let [values, extensions] = [false, false];
    for (const name in extension as object) {
      if (name.startsWith('value') || name.startsWith('_value')) values = true;
      else if (name === 'extension') extensions = true;
    }
    return values !== extensions;
  },
};
