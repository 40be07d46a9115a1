import type { z } from 'zod';

/** The settings as a Markdown table for the README, in the order of the schema. */
export function settingsTable(settings: Readonly<Record<string, z.ZodType>>): string {
  const rows = Object.entries(settings).map(
    ([name, schema]) => `| \`${name}\` | ${defaultOf(schema)} | ${(schema.description ?? '').replaceAll('|', '\\|')} |`,
  );
  return ['| Variable | Default | Meaning |', '|---|---|---|', ...rows].join('\n');
}

function defaultOf(schema: z.ZodType): string {
  const parsed = schema.safeParse(undefined);
  const value = parsed.success ? parsed.data : undefined;
  if (value === undefined) return '–';
  return Array.isArray(value) ? (value.length === 0 ? '(empty)' : value.join(',')) : `\`${String(value)}\``;
}
