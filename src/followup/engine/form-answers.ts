import { ExactDecimal } from '../units/exact-decimal.js';
import { decimalOf } from '../units/range.js';
import type { Form } from './state.js';

const number = /^-?\d+(\.\d+)?$/;

/** The answers of an item; none where it was not answered. */
export function answersOf(form: Form, linkId: string): readonly (boolean | string)[] {
  const answer = Object.hasOwn(form.answers, linkId) ? (form.answers[linkId] ?? []) : [];
  return typeof answer === 'object' ? answer : [answer];
}

/** Numbers are the same by value (`1` and `1.0`), everything else by kind and text. */
export function isSame(answer: boolean | string, expected: boolean | string): boolean {
  const left = numberIn(answer);
  const right = numberIn(expected);
  return left !== undefined && right !== undefined ? left.eq(right) : answer === expected;
}

export function numberIn(answer: boolean | string): ExactDecimal | undefined {
  return typeof answer === 'string' && number.test(answer) ? decimalOf(answer) : undefined;
}

/** The sum of all items, or those that are missing or not one number: a partial score is never given. */
export function scoreOf(
  form: Form,
  items: readonly string[],
): { readonly score: ExactDecimal } | { readonly missing: readonly string[] } {
  const values = items.map((item) => {
    const [answer, ...others] = answersOf(form, item);
    return answer === undefined || others.length > 0 ? undefined : numberIn(answer);
  });
  const missing = items.filter((_, i) => values[i] === undefined);
  if (missing.length > 0) return { missing };
  return { score: values.reduce<ExactDecimal>((sum, value) => sum.plus(value ?? 0), new ExactDecimal(0)) };
}
