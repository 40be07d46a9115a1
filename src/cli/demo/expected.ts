/** The story did not go as it is told; the message says to a person what was expected and what came. */
export class StoryBroken extends Error {
  override readonly name = 'StoryBroken';
}

/** @throws StoryBroken with the sentence where the claim does not hold */
export function claim(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new StoryBroken(sentence);
}

/** The value, which must be there. @throws StoryBroken */
export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new StoryBroken(`${what} mangler.`);
  return value;
}

/**
 * Asks until there is an answer.
 *
 * @param what for the person who reads that it never came
 */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  patience = 5000,
): Promise<T> {
  const began = performance.now();
  for (let wait = 5; ; wait = Math.min(wait * 1.5, 200)) {
    const found = await ask();
    if (found !== undefined) return found;
    if (performance.now() - began > patience) throw new StoryBroken(`${what} kom ikke innen ${patience / 1000} s.`);
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/** A refusal of the server, or anything else that stopped the story, in words. */
export function inWords(error: unknown): string {
  const { response, message } = error as {
    response?: { status?: number; data?: { issue?: { diagnostics?: string }[] } };
    message?: string;
  };
  if (response?.status === undefined) return message ?? String(error);
  const said = response.data?.issue?.map((issue) => issue.diagnostics).join(' ');
  return `Serveren svarte ${response.status}${said === undefined ? '' : `: ${said}`}`;
}
