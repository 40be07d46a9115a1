import { admit, closeAlert, discharge, type Stay } from './stay.js';
import { type Measured, measure, subscribe } from './measure.js';
import { equip, plan, type Planned } from './plan.js';
import { readTrend, type Trend } from './read-trend.js';
import { acceptReferral, type Accepted, refer, type Referred } from './refer.js';
import type { Stage } from './stage.js';

/** What came of each step. */
export interface StoryFacts {
  readonly referred: Referred;
  readonly accepted: Accepted;
  readonly planned: Planned;
  readonly measured: Measured;
  readonly trend: Trend;
  readonly stay: Stay;
}

/**
 * The whole story, over the wire only: FHIR by the clients of hospital, municipality, GP and equipment, PLO messages over
 * HTTP, HL7 v2 over MLLP. Each step tells what happened and claims what it tells.
 *
 * @throws StoryBroken, or the client's error, at the first step that does not hold
 */
export async function tellStory(stage: Stage): Promise<StoryFacts> {
  const referred = await refer(stage);
  const accepted = await acceptReferral(stage, referred);
  const equipped = await equip(stage, accepted);
  const planned = await plan(stage, accepted);
  await subscribe(stage);
  const measured = await measure(stage, accepted, equipped);
  const trend = await readTrend(stage, measured);
  const stay = await admit(stage, accepted, equipped);
  await discharge(stage, accepted, stay);
  await closeAlert(stage, accepted);
  return { referred, accepted, planned, measured, trend, stay };
}
