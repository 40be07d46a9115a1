import { Decimal } from 'decimal.js';
import { z } from 'zod';
import { Failure, type Issue } from '../../kernel/failure.js';

/** A name or id. The one name that an object cannot hold as its own is refused. */
export const text = z
  .string()
  .min(1)
  .refine((value) => value !== '__proto__', 'is not a name');

/** A decimal string; JSON numbers (and lossless ones, that carry their literal) become one. */
export const decimal = z
  .union([z.string(), z.number(), z.object({ literal: z.string() })])
  .transform((value, context) => {
    const literal = typeof value === 'object' ? value.literal : String(value);
    if (/^-?\d{1,40}(\.\d{1,40})?$/.test(literal)) return literal;
    if (typeof value !== 'string' && Number.isFinite(Number(literal))) return new Decimal(literal).toFixed();
    context.addIssue({ code: 'custom', message: `"${literal.slice(0, 50)}" is not a decimal number` });
    return z.NEVER;
  });

/**
 * Checks a JSON value against a schema.
 *
 * @throws Failure `invalid`, one issue per wrong element, its path below `root` as expression
 */
export function parseWith<T>(schema: z.ZodType<T>, json: unknown, root: string): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  throw new Failure(
    'invalid',
    result.error.issues.flatMap((issue) => issuesOf(issue, root)),
  );
}

function issuesOf(issue: z.core.$ZodIssue, root: string): Issue[] {
  const path = pathOf([root, ...issue.path]);
  if (issue.code === 'invalid_union') {
    // of the alternatives the one that fits furthest is what was meant
    const best = [...issue.errors].sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0] ?? [];
    if (best.length > 0)
      return best.flatMap((inner) => issuesOf({ ...inner, path: [...issue.path, ...inner.path] }, root));
  }
  return [{ severity: 'error', code: 'invalid', diagnostics: `${path}: ${issue.message}`, expression: [path] }];
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(
    0,
    ...issues.map(
      (issue) => issue.path.length + (issue.code === 'invalid_union' ? Math.max(0, ...issue.errors.map(depth)) : 0),
    ),
  );
}

function pathOf(parts: readonly PropertyKey[]): string {
  return parts
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${String(part)}`))
    .join('');
}
