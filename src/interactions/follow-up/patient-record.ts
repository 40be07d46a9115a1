import { initialState, type EngineState } from '../../followup/engine/state.js';
import type { ServiceCourse } from '../../followup/duties/service-duties.js';
import type { ParameterReadings } from '../../followup/news2/parameter-readings.js';
import type { RuleSet } from '../../followup/ruleset/grammar.js';
import type { Reference } from '../../followup/vocabulary/element.js';
import { Failure } from '../../kernel/failure.js';

/** What table `followup_state` holds of one patient: the engine's state, and what the projection must know beside it. */
export interface PatientRecord {
  readonly format: 1;
  engine: EngineState;
  /** Version of the CarePlan in force, `CarePlan/1/_history/3`. */
  plan?: string;
  /** The centre: managing organisation of the episode. */
  owner?: Reference;
  /** When the running pause is planned to end, ms since 1970. */
  pauseEnd?: number;
  /** The latest reading of each of NEWS2's parameters. */
  news2?: ParameterReadings;
  /** The running service, for what it owes the patient as time passes. */
  course?: ServiceCourse;
  /** The plan in force that the hospital answers for. */
  hospital?: ServiceCourse['hospital'];
  /** When red alerts opened lately, ms since 1970. */
  reds?: readonly number[];
  /** Green alerts are switched off. */
  greenOff?: true;
  /** The service has ended: readings are kept, nothing is monitored. */
  ended?: true;
}

export const newRecord = (): PatientRecord => ({ format: 1, engine: initialState() });

/** @throws Failure('fault') when it is of a form that this version of the server does not know */
export function readRecord(text: string): PatientRecord {
  const record = JSON.parse(text) as PatientRecord;
  if (record.format !== 1 || record.engine.format !== 1)
    throw new Failure('fault', 'The engine state is of another version of the server.');
  return record;
}

export const writeRecord = (record: PatientRecord): string => JSON.stringify(record);

/** The plan's newest version in force. */
export const planOf = (record: PatientRecord): RuleSet | undefined => record.engine.plans.at(-1)?.plan;
