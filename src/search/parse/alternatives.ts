/** Up to three names that look like `name`, nearest first: for error messages. */
export function alternatives(name: string, names: Iterable<string>): readonly string[] {
  const near: { readonly name: string; readonly distance: number }[] = [];
  const limit = Math.max(2, Math.floor(name.length / 3));
  for (const other of names) {
    const contained = name.length > 2 && (other.includes(name) || name.includes(other));
    const distance = contained ? 1 : editDistance(name.toLowerCase(), other.toLowerCase(), limit);
    if (distance <= limit) near.push({ name: other, distance });
  }
  near.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return near.slice(0, 3).map((found) => found.name);
}

/** ` Did you mean a, b or c?`, or nothing. */
export function didYouMean(name: string, names: Iterable<string>): string {
  const found = alternatives(name, names);
  if (found.length === 0) return '';
  const last = found.at(-1)!;
  return ` Did you mean ${found.length === 1 ? last : `${found.slice(0, -1).join(', ')} or ${last}`}?`;
}

function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit || a.length > 100) return limit + 1;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
