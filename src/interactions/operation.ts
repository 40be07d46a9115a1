import type { Interaction } from '../access/scope.js';
import type { Resource } from '../fhir/resource.js';
import { tryDateRange } from '../fhir/dates.js';
import { parseJsonObject } from '../fhir/json.js';
import { Failure } from '../kernel/failure.js';
import type { Context, FhirRequest, FhirResponse } from './request.js';

/** One $operation: its definition, who may call it, and what it does. https://hl7.org/fhir/R4/operations.html */
export interface Operation {
  /** Without `$`. */
  readonly name: string;
  /** Canonical URL of the OperationDefinition. */
  readonly definition: string;
  /** `*`: of every type; at system level it is of none. */
  readonly type: string;
  readonly level: 'system' | 'type' | 'instance';
  readonly affectsState: boolean;
  /** Default: POST, and GET where nothing is changed. */
  readonly methods?: readonly FhirRequest['method'][];
  /** The interaction that calling it amounts to, for the scopes; absent where the handler asks itself. */
  readonly amountsTo?: Interaction;
  /** Belongs to the follow-up module: absent when that is off (decision 14). */
  readonly followUp?: boolean;
  /** Says itself what is wrong with the resource among its parameters. */
  readonly judgesResource?: boolean;
  /** Takes newline-delimited JSON, not a resource. */
  readonly takesLines?: boolean;
  /** May answer with a Binary: whoever asks for its media type gets its content. */
  readonly answersBinary?: boolean;
  handle(request: FhirRequest, context: Context): Promise<FhirResponse>;
}

/** Parameters as a record of lists of values: a value[x], a part or a resource. https://hl7.org/fhir/R4/parameters.html */
export class OperationParameters {
  private readonly values = new Map<string, unknown[]>();

  /** From a Parameters body, a resource body (under `resource`), and the query. */
  constructor(request: FhirRequest) {
    for (const [name, value] of [...request.query, ...(request.form ?? [])]) this.add(name, value);
    if (request.resource === undefined && (request.body === undefined || request.body.trim() === '')) return;
    const body = (request.resource ?? parseJsonObject(request.body!)) as Resource;
    if (body.resourceType !== 'Parameters') {
      this.add('resource', body);
      return;
    }
    const list = body['parameter'];
    if (list === undefined) return;
    if (!Array.isArray(list))
      throw new Failure('invalid', 'Parameters.parameter must be a list.', { expression: 'Parameters.parameter' });
    for (const item of list as Record<string, unknown>[]) {
      if (typeof item?.['name'] !== 'string')
        throw new Failure('invalid', 'Each parameter has a name.', {
          expression: 'Parameters.parameter.name',
          code: 'required',
        });
      const key = Object.keys(item).find((name) => name.startsWith('value') || name === 'resource' || name === 'part');
      if (key !== undefined) this.add(item['name'], item[key]);
    }
  }

  private add(name: string, value: unknown): void {
    const list = this.values.get(name);
    if (list === undefined) this.values.set(name, [value]);
    else list.push(value);
  }

  /** Every name with each of its values. */
  *entries(): Iterable<readonly [string, unknown]> {
    for (const [name, list] of this.values) for (const value of list) yield [name, value];
  }

  all(name: string): readonly unknown[] {
    return this.values.get(name) ?? [];
  }

  one(name: string): unknown {
    const list = this.all(name);
    if (list.length > 1)
      throw new Failure('invalid', `The parameter ${name} is given more than once.`, {
        expression: `Parameters.parameter.where(name='${name}')`,
      });
    return list[0];
  }

  text(name: string): string | undefined {
    const value = this.one(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'string')
      throw new Failure('invalid', `The parameter ${name} must be a text.`, {
        expression: `Parameters.parameter.where(name='${name}')`,
      });
    // Also what came in the query, where nothing has held it to FHIR's string yet.
    if (/[^\P{Cc}\t\n\r]/u.test(value))
      throw new Failure('invalid', `The parameter ${name} holds characters that are no text.`, {
        expression: `Parameters.parameter.where(name='${name}')`,
        code: 'value',
      });
    return value;
  }

  /** A FHIR date or dateTime, exact to the day at least. */
  date(name: string): string | undefined {
    const value = this.text(name);
    if (
      value === undefined ||
      (/^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?$/.test(value) && tryDateRange(value) !== undefined)
    )
      return value;
    throw new Failure(
      'invalid',
      `The parameter ${name} must be a date, such as 2026-03-01, or a time with its offset.`,
      { expression: `Parameters.parameter.where(name='${name}')`, code: 'value' },
    );
  }

  requiredText(name: string): string {
    const value = this.text(name);
    if (value === undefined || value.trim() === '') {
      throw new Failure('invalid', `The parameter ${name} is needed.`, {
        expression: `Parameters.parameter.where(name='${name}')`,
        code: 'required',
      });
    }
    return value;
  }

  /** A boolean, or its literal as text (from a query). */
  flag(name: string): boolean | undefined {
    const value = this.one(name);
    if (value === undefined || typeof value === 'boolean') return value;
    if (value === 'true' || value === 'false') return value === 'true';
    throw new Failure('invalid', `The parameter ${name} is true or false.`, {
      expression: `Parameters.parameter.where(name='${name}')`,
      code: 'value',
    });
  }

  /** A Reference, or its literal as text. */
  reference(
    name: string,
  ): { reference?: string; identifier?: { system?: string; value?: string }; display?: string } | undefined {
    const value = this.one(name);
    if (value === undefined) return undefined;
    if (typeof value === 'string') return { reference: value };
    if (typeof value === 'object' && value !== null) return value as { reference?: string };
    throw new Failure('invalid', `The parameter ${name} must be a reference.`, {
      expression: `Parameters.parameter.where(name='${name}')`,
    });
  }
}

/**
 * A parameter that is one of some codes.
 *
 * @throws Failure invalid that lists them
 */
export function oneOf<Code extends string>(
  parameters: OperationParameters,
  name: string,
  codes: readonly Code[],
): Code | undefined {
  const value = parameters.text(name);
  const found = codes.find((code) => code === value);
  if (value === undefined || found !== undefined) return found;
  throw new Failure('invalid', `${name} is ${codes.slice(0, -1).join(', ')} or ${codes.at(-1)}.`, {
    expression: `Parameters.parameter.where(name='${name}')`,
    code: 'code-invalid',
  });
}
