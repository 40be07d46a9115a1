/** The text of a plan, from the rules that the engine would get. */
import type { Resource } from '../../fhir/resource.js';
import { ruleSetFromCarePlan } from './rule-set-from-care-plan.js';
import { type PlanSection, sectionsOf } from './rule-set-text.js';

/** @throws Failure where the plan cannot be read; such a plan is never submitted */
export const planSections = (plan: Resource): readonly PlanSection[] => sectionsOf(plan, ruleSetFromCarePlan(plan));
