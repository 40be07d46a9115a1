import { createHash } from 'node:crypto';

/**
 * A name under which a connection keeps the prepared statement, so that it is planned once. Only for statements of few
 * shapes whose best plan does not depend on the values.
 */
export function statementName(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = `hb_${createHash('md5').update(text).digest('hex')}`;
    if (names.size < 1000) names.set(text, name);
  }
  return name;
}

const names = new Map<string, string>();
