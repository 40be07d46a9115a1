/** A measurement comes in: identity, quality, then the rules on it and on what it changes. */
import type { Measure } from '../ruleset/grammar.js';
import { raise } from './alerts.js';
import { judgeComposites } from './composites.js';
import type { StepContext } from './context.js';
import type { Hit } from './findings.js';
import { contentOf, findReading, type Known } from './identity.js';
import type { ObsInput } from './input.js';
import { judgeReading } from './judge-reading.js';
import type { Note } from './op.js';
import { allPausedAt } from './pause.js';
import { assess, type Assessment } from './quality-gate.js';
import { insert, isBefore, isLate } from './series.js';
import type { Quality, Reading } from './state.js';
import { checkStep } from './step-check.js';
import { judgeSafetyNet } from './rules/safety-net.js';
import { satisfy } from './schedules.js';
import { readingEvidence, readingWords, sentWords } from './words.js';

export function observe(ctx: StepContext, input: ObsInput): void {
  const plan = ctx.plan;
  const measure =
    plan !== undefined && Object.hasOwn(plan.measures, input.measure) ? plan.measures[input.measure] : undefined;
  const content = contentOf(input, measure);
  const same = findReading(ctx, input, content);
  if (same !== undefined) return sayKnown(ctx, input, { ...same, measure });
  const assessment = measure === undefined ? undefined : assess(input, measure, plan?.fatalDeviceStatus ?? []);
  const series = ctx.ownReadings(input.measure);
  const reading = readingOf(ctx, input, { content, assessment });
  const late = isLate(reading, ctx.received, series);
  insert(series, reading);
  if (reading.withdrawn === true) return;
  if (plan === undefined || measure === undefined || assessment === undefined) {
    return ctx.say(
      { op: reading.paused === true ? 'stored-paused' : 'unplanned', measure: input.measure },
      sentReason(ctx, input, reading),
    );
  }
  const confirmed = settleQuality(ctx, reading, { series, measure });
  if (reading.paused === true) return sayPaused(ctx, input, { reading, measure });
  if (reading.quality !== 'good') return sayTechnical(ctx, input, { reading, measure });
  if (late) ctx.note = 'late';
  if (assessment.suspect === true)
    ctx.say({ op: 'repeat-request', measure: input.measure }, sentReason(ctx, input, reading, measure));
  judgeFrom(ctx, input.measure, {
    brought: [...confirmed, reading].filter((entry) => entry.paused !== true),
    outOfOrder: series.at(-1) !== reading,
    reading,
  });
}

/** Judges the new reading, those it has confirmed, and every later one of the measure whose past has changed. */
function judgeFrom(
  ctx: StepContext,
  key: string,
  found: { readonly brought: readonly Reading[]; readonly outOfOrder: boolean; readonly reading: Reading },
): void {
  for (const entry of found.brought) satisfy(ctx, key, entry.t);
  const first = found.brought.reduce(
    (earliest, entry) => (isBefore(entry, earliest) ? entry : earliest),
    found.reading,
  );
  const hits: Hit[] = [];
  for (const entry of ctx.ownReadings(key)) {
    if (isBefore(entry, first) || entry.quality !== 'good' || entry.withdrawn === true || entry.paused === true)
      continue;
    hits.push(...judgeReading(ctx, { key, reading: entry, isNew: found.brought.includes(entry) }));
  }
  judgeComposites(ctx, hits);
}

function readingOf(
  ctx: StepContext,
  input: ObsInput,
  made: { readonly content: string; readonly assessment: Assessment | undefined },
): Reading {
  const { assessment } = made;
  const id = ctx.draft.nextId;
  ctx.draft.nextId += 1;
  const awaited = input.identifier !== undefined && Object.hasOwn(ctx.draft.awaited, input.identifier);
  const quality: Quality = assessment?.quality ?? 'unplanned';
  return {
    id,
    t: input.t,
    content: made.content,
    quality,
    hits: {},
    ...(input.source === undefined ? {} : { source: input.source }),
    ...(input.identifier === undefined ? {} : { identifier: input.identifier }),
    ...(input.device === undefined ? {} : { device: input.device }),
    ...(input.ctx === undefined ? {} : { ctx: input.ctx }),
    ...(input.comparator === undefined ? {} : { comparator: input.comparator }),
    ...(assessment?.value === undefined ? {} : { value: assessment.value }),
    ...(assessment?.unit === undefined ? {} : { unit: assessment.unit }),
    ...(assessment?.components === undefined ? {} : { components: assessment.components }),
    ...(assessment?.zone === undefined ? {} : { zone: assessment.zone }),
    ...(assessment?.noted === undefined ? {} : { noted: assessment.noted }),
    ...(allPausedAt(ctx.draft.pauses, input.t) ? { paused: true as const } : {}),
    ...(awaited ? { withdrawn: true as const } : {}),
  };
}

/** @returns the readings that were waiting for a repeat and count from now on */
function settleQuality(
  ctx: StepContext,
  reading: Reading,
  { series, measure }: { readonly series: readonly Reading[]; readonly measure: Measure },
): readonly Reading[] {
  if (reading.quality !== 'good') return [];
  ctx.budget.spend(series.length);
  const { confirmed, unconfirmed } = checkStep(reading, series, { measure, zone: ctx.zone });
  if (unconfirmed) reading.quality = 'unconfirmed';
  // Kept under a pause it is judged by nobody: what waits goes on waiting, and is judged with the repeat that is.
  if (reading.paused === true) return [];
  for (const waiting of confirmed) waiting.quality = 'good';
  return confirmed;
}

function sayKnown(
  ctx: StepContext,
  input: ObsInput,
  { reading, same, measure }: Known<Reading> & { readonly measure: Measure | undefined },
): void {
  const sent = sentReason(ctx, input, reading, measure);
  if (same) return ctx.say({ op: 'duplicate', measure: input.measure }, sent);
  const kept =
    measure === undefined ? `${input.measure} ${keptValue(reading)}` : readingWords(input.measure, reading, measure);
  const words = sentWords(input, measure);
  const source = readingEvidence(input.measure, reading, ctx.zone).source;
  ctx.say(
    { op: 'conflict', measure: input.measure, kept },
    { evidence: [...new Set([source, ...sent.evidence])], words },
  );
}

function keptValue(reading: Reading): string {
  return reading.value ?? (Object.values(reading.components ?? {}).join('/') || '–');
}

function sayPaused(
  ctx: StepContext,
  input: ObsInput,
  { reading, measure }: { readonly reading: Reading; readonly measure: Measure },
): void {
  const zone =
    reading.quality === 'good' ? (reading.zone ?? netZone(ctx, input.measure, { reading, measure })) : undefined;
  const told = zone === undefined ? {} : { zone };
  ctx.say({ op: 'stored-paused', measure: input.measure, ...told }, sentReason(ctx, input, reading, measure));
}

/** Where the plan has no limits: what the safety net says of it. */
function netZone(
  ctx: StepContext,
  key: string,
  { reading, measure }: { readonly reading: Reading; readonly measure: Measure },
): 'red' | undefined {
  if (ctx.plan?.safetyNet !== 'news2-3') return undefined;
  return judgeSafetyNet(key, reading, measure) === undefined ? undefined : 'red';
}

function sayTechnical(
  ctx: StepContext,
  input: ObsInput,
  { reading, measure }: { readonly reading: Reading; readonly measure: Measure },
): void {
  raise(ctx, {
    rule: `technical:${input.measure}`,
    colour: 'technical',
    evidence: readingEvidence(input.measure, reading, ctx.zone),
    reason: sentReason(ctx, input, reading, measure),
    note: reading.quality as Note,
  });
}

function sentReason(
  ctx: StepContext,
  input: ObsInput,
  reading: Reading,
  measure?: Measure,
): { evidence: string[]; words: string } {
  const words =
    measure !== undefined && reading.quality === 'good'
      ? readingWords(input.measure, reading, measure)
      : sentWords(input, measure);
  const source = input.source ?? readingEvidence(input.measure, reading, ctx.zone).source;
  return { evidence: [source], words };
}
