import { systemPrincipal } from '../../../src/access/principal.js';
import { demoMunicipality } from '../../../src/config/demo.js';
import { type Input, type PlanInput, receiptOf } from '../../../src/followup/engine/input.js';
import { nextAt } from '../../../src/followup/engine/next-at.js';
import { pauseAt } from '../../../src/followup/engine/pause.js';
import type { Op } from '../../../src/followup/engine/op.js';
import type { Scenario } from '../../../src/followup/engine/scenario.js';
import { initialState } from '../../../src/followup/engine/state.js';
import { step } from '../../../src/followup/engine/step.js';
import type { Measure, RuleSet } from '../../../src/followup/ruleset/grammar.js';
import { isComponentMeasure } from '../../../src/followup/ruleset/grammar.js';
import type { Resource } from '../../../src/fhir/resource.js';
import { submitForApproval } from '../../../src/followup/plan/approval.js';
import { Failure } from '../../../src/kernel/failure.js';
import { Expectation } from './scenario-expectation.js';
import { doneTask, message, observation, questionnaireResponse } from './scenario-resources.js';
import { alertView, draftPlan, episodeFor, expectStatus, own, type Stage } from './stage.js';

/** One patient's scenario, played over FHIR and, beside it, in the pure engine. */
export class ScenarioRun {
  readonly expected = new Expectation();
  private state = initialState();
  private person!: { id: string; reference: string };
  private episode!: string;
  private started = false;
  private plan!: { id: string; ruleSet: RuleSet };
  /** Of every plan so far: a meter sends the same codes whatever the plan in force has. */
  private measures: Readonly<Record<string, Measure>> = {};
  private readonly threads = new Map<string, string>();
  private readonly stored = new Map<string, string>();

  constructor(
    private readonly stage: Stage,
    private readonly scenario: Scenario,
  ) {}

  /** Registers the patient and puts the scenario's plan in force, an hour before anything happens. */
  async begin(): Promise<void> {
    const { stage, scenario } = this;
    const times = [
      ...scenario.inputs.flatMap(({ t, received }) => [t, received ?? t]),
      ...scenario.plan.schedules.flatMap(({ start }) =>
        start === undefined ? [] : [Date.parse(`${start.slice(0, 10)}T00:00:00Z`)],
      ),
    ];
    stage.clock.set(Math.min(...times) - 3_600_000);
    this.person = await stage.patient();
    this.episode = (await stage.created('municipality', episodeFor(this.person.reference))).id;
    const startsLater = scenario.inputs.some(({ type }) => type === 'start');
    await this.feed({ type: 'plan', t: stage.clock.now(), plan: { ...scenario.plan, status: 'approved' } });
    if (!startsLater) await this.feed({ type: 'start', t: stage.clock.now() });
  }

  /** Lets it happen in both. What came out of order is received now. */
  async play(input: Input): Promise<void> {
    const { stage } = this;
    const at = Math.max(receiptOf(input), stage.clock.now());
    await stage.passTime(this.person, at);
    for (let due = nextAt(this.state); due !== undefined && due <= at; due = nextAt(this.state))
      this.take({ type: 'clock', t: due });
    await this.feed(
      at > input.t && 'received' in input === false && (input.type === 'obs' || input.type === 'qr')
        ? { ...input, received: at }
        : input,
    );
  }

  /** As the centre sees it now. */
  async seen(): Promise<{ alerts: object[]; tasks: Record<string, number> }> {
    const issues = await this.stage.search(
      `DetectedIssue?patient=${this.person.reference}&_sort=identified&_count=1000`,
    );
    const all = await this.stage.search(`Task?patient=${this.person.reference}&_count=1000`);
    const told = new Set(
      Object.keys(this.expected.tasks()).concat(
        'repeat-measurement',
        'duplicate-measurement',
        'unplanned-measurement',
        'incomplete-form',
        'read-form',
        'read-message',
        'measured-under-pause',
        'plan-not-active',
        'escalation',
      ),
    );
    const codes = all.map((task) => task.code?.coding?.[0]?.code).filter((code) => told.has(code));
    return {
      alerts: issues
        .map((issue) =>
          this.view(
            issue,
            all.find((task) => task.focus?.reference === `DetectedIssue/${issue.id}`),
          ),
        )
        .sort(byRule),
      tasks: Object.fromEntries(
        [...new Set(codes)].sort().map((code) => [code, codes.filter((one) => one === code).length]),
      ),
    };
  }

  /** The same of the pure engine; `seen` fills in what it cannot know. */
  awaited(seen: { alerts: object[] }): { alerts: object[]; tasks: Record<string, number> } {
    const tasks = this.expected.tasks();
    const alerts = this.expected.alerts
      .map(({ end, ...alert }) => ({ ...alert, ...(alert.colour === 'red' ? {} : { end }) }))
      .sort(byRule)
      .map((alert, i) => {
        const other = seen.alerts[i] as Record<string, unknown> | undefined;
        const unknown = alert.count === undefined ? { count: other?.['count'] } : {};
        return {
          ...alert,
          ...unknown,
          ...(alert.rule.startsWith('conflict:') ? { due: other?.['due'], end: other?.['end'] } : {}),
        };
      });
    return { alerts, tasks: Object.fromEntries(Object.entries(tasks).sort()) };
  }

  private view(issue: unknown, task: unknown): object {
    const { rule, colour, count, status, due, issue: resource } = alertView(issue, task);
    const parts: { url: string; valueString?: string; valueInstant?: string }[] = resource.extension.find(
      (one: { url: string }) => one.url === own('dho-alert'),
    ).extension;
    const thread = [...this.threads].find(([, reference]) => rule === `message:${reference.split('/')[1]}`);
    return {
      rule: thread === undefined ? rule : `message:${thread[0]}`,
      colour,
      count,
      due: parts.find(({ url }) => url === 'due')?.valueString,
      status,
      cleared: parts.some(({ url }) => url === 'cleared'),
      ...(colour === 'red' ? {} : { end: due === undefined ? undefined : Date.parse(due) }),
    };
  }

  private take(input: Input): readonly Op[] {
    const done = step(this.state, input, { interimTakesEffect: true });
    this.state = done.state;
    this.expected.take(done.ops, done.state);
    return done.ops;
  }

  private async feed(input: Input): Promise<void> {
    if (await this.send(input)) this.take(input);
  }

  /** → false where nothing of the kind can be said over FHIR, such as the correction of what was never sent, or a second start */
  private async send(input: Input): Promise<boolean> {
    const { stage, person } = this;
    switch (input.type) {
      case 'obs':
        await this.store(
          input.identifier,
          'Observation',
          observation(input, person.reference, this.measures[input.measure]),
        );
        return true;
      case 'qr':
        await this.store(input.identifier, 'QuestionnaireResponse', questionnaireResponse(input, person.reference));
        return true;
      case 'correct':
        return this.correct(input.identifier);
      case 'close':
        return this.close(input.rule);
      case 'message': {
        const first = this.threads.get(input.thread);
        const sent = await stage.created('municipality', message(input, person.reference, first));
        if (first === undefined) this.threads.set(input.thread, `Communication/${sent.id}`);
        return true;
      }
      case 'taskdone':
        await stage.created('municipality', doneTask(input, person.reference));
        return true;
      case 'pause':
        expectStatus(
          await this.episodeOperation('pause', {
            mode: input.mode,
            reason: 'holiday',
            ...(input.end === undefined ? {} : { plannedEnd: new Date(input.end).toISOString() }),
          }),
          200,
        );
        return true;
      case 'start':
        if (this.started) return false;
        this.started = true;
        expectStatus(await this.episodeOperation('start', {}), 200);
        return true;
      case 'resume':
        // Where nothing is paused the engine says nothing, and FHIR refuses.
        if (pauseAt(this.state.pauses, input.t) === undefined) return false;
        expectStatus(await this.episodeOperation('resume', {}), 200);
        return true;
      case 'plan':
        return this.putInForce(input);
      case 'clock':
        await this.tick();
        return true;
    }
  }

  private episodeOperation(name: string, parameters: Record<string, unknown>) {
    return this.stage.operation('municipality', `EpisodeOfCare/${this.episode}/$${name}`, parameters);
  }

  private async store(identifier: string | undefined, type: string, body: string): Promise<void> {
    const { json } = expectStatus(await this.stage.as('municipality', type, { body }), 201);
    if (identifier !== undefined && !this.stored.has(identifier)) this.stored.set(identifier, `${type}/${json.id}`);
  }

  private async correct(identifier: string): Promise<boolean> {
    const place = this.stored.get(identifier);
    if (place === undefined) return false;
    const { json } = expectStatus(await this.stage.as('municipality', place), 200);
    expectStatus(
      await this.stage.as('municipality', place, { method: 'PUT', body: { ...json, status: 'entered-in-error' } }),
      200,
    );
    return true;
  }

  private async close(rule: string): Promise<boolean> {
    const open = (await this.stage.alerts(this.person)).find(
      (one) => one.status === 'preliminary' && (this.view(one.issue, one.task) as { rule: string }).rule === rule,
    );
    if (open === undefined) return false;
    expectStatus(
      await this.stage.operation('municipality', `DetectedIssue/${open.issue.id}/$close`, { note: 'Vurdert.' }),
      200,
    );
    return true;
  }

  /** A draft, a plan in review: nothing is sent to the engine. An approved or interim one replaces the plan in force. */
  private async putInForce({ plan }: PlanInput): Promise<boolean> {
    const { stage, person } = this;
    const ruleSet = withCodes(plan);
    const before = this.plan as { id: string } | undefined;
    const draft = await stage.created(
      'municipality',
      draftPlan(
        person.reference,
        { ...ruleSet, status: 'draft' },
        before === undefined ? undefined : `CarePlan/${before.id}`,
      ),
    );
    if (plan.status !== 'approved' && plan.status !== 'interim') return false;
    await this.submit(draft);
    expectStatus(
      await stage.operation('gp', `CarePlan/${draft.id}/$approve`, plan.status === 'interim' ? { interim: true } : {}, {
        'if-match': `W/"${draft.meta.versionId}"`,
      }),
      200,
    );
    this.plan = { id: draft.id, ruleSet };
    this.measures = { ...this.measures, ...ruleSet.measures };
    return true;
  }

  /** A scenario may have a plan that nobody would be let submit: it is put before the doctor beside the operation. */
  private async submit(draft: Resource): Promise<void> {
    const answer = await this.stage.operation('municipality', `CarePlan/${draft.id}/$submit-for-approval`, {
      override: 'Et scenario.',
    });
    if (answer.status === 200) return;
    const { services } = this.stage.server.running;
    await services.commit(
      {
        action: 'submit',
        patients: [{ type: 'Patient', id: this.person.id }],
        decide: (view) =>
          certain(submitForApproval({ carePlan: draft, owner: { display: 'Lege' }, now: view.now, ids: services.ids })),
      },
      systemPrincipal(demoMunicipality.orgnr),
      'test',
    );
  }

  private async tick(): Promise<void> {
    const { services } = this.stage.server.running;
    const { rows } = await services.pool.query('select rid from resource where id = $1', [this.person.id]);
    await services.commit(
      { action: 'time', judgeTime: [Number(rows[0]!['rid'])] },
      systemPrincipal(demoMunicipality.orgnr),
      'test',
    );
  }
}

function certain<T>(result: T | Failure): T {
  if (result instanceof Failure) throw result;
  return result;
}

const byRule = (a: object, b: object): number => {
  const [one, other] = [a as { rule: string }, b as { rule: string }];
  return one.rule < other.rule ? -1 : one.rule > other.rule ? 1 : 0;
};

/** Over FHIR a reading finds its measure by code: a measure that the scenario gave none gets one. */
function withCodes(plan: RuleSet): RuleSet {
  const coded = <M extends Measure>(measure: M, name: string): M =>
    measure.code === undefined || measure.code.length === 0
      ? { ...measure, code: [`urn:scenario:measure|${name}`] }
      : measure;
  const measures = Object.entries(plan.measures).map(([name, measure]): [string, Measure] => {
    if (!isComponentMeasure(measure)) return [name, coded(measure, name)];
    const components = Object.entries(measure.components).map(
      ([part, one]) => [part, coded(one, `${name}-${part}`)] as const,
    );
    return [name, { ...coded(measure, name), components: Object.fromEntries(components) }];
  });
  return { ...plan, measures: Object.fromEntries(measures) };
}
