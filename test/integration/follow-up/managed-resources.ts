import { type Fhir, type Followed, ruleSet, type Stage } from './stage.js';

/** A person with a red alert, and what the follow-up module manages for them, by type. */
export async function managedResources(stage: Stage): Promise<{ person: Followed; stored: Map<string, Fhir> }> {
  const person = await stage.followed(ruleSet(['spo2'], ['spo2-zone']));
  await stage.spo2(person, 80);
  const [alert] = (await stage.alerts(person)).filter(({ colour }) => colour === 'red');
  const one = async (place: string): Promise<Fhir> => (await stage.as('municipality', place)).json;
  const stored = new Map<string, Fhir>();
  for (const resource of [
    alert!.issue,
    alert!.task,
    await one(`CarePlan/${person.plan}`),
    await one(`EpisodeOfCare/${person.episode}`),
  ])
    stored.set(resource.resourceType, resource);
  return { person, stored };
}

export const bundle = (type: 'transaction' | 'batch', entry: object): object => ({
  resourceType: 'Bundle',
  type,
  entry: [entry],
});
