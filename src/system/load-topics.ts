import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseJson } from '../fhir/json.js';
import { packageRoot } from '../fhir/package-root.js';
import type { Resource } from '../fhir/resource.js';
import type { CompileCriteria } from '../subscriptions/compiled-subscription.js';
import { isTopic, readTopic, type Topic } from '../subscriptions/topic.js';

/**
 * The topics of `profiles/topics`, by canonical URL: what stands in the files is what is matched.
 *
 * @throws Failure('fault') where a file says something that cannot be matched
 */
export function loadTopics(compile: CompileCriteria): ReadonlyMap<string, Topic> {
  const folder = path.join(packageRoot(), 'profiles', 'topics');
  const topics = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => parseJson(readFileSync(path.join(folder, name), 'utf8')) as Resource)
    .filter(isTopic)
    .map((resource) => readTopic(resource, compile));
  return new Map(topics.map((topic) => [topic.url, topic]));
}
