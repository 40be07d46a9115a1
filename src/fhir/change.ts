import type { Resource } from './resource.js';
import type { VersionCondition } from './version-condition.js';

/**
 * A change as data. Everything that changes the store – a REST call, a Bundle entry, an operation, a message, a timer –
 * becomes a list of these and goes through `interactions/commit.ts`.
 *
 * - `create`: `resource.id` is set only where the server chose it beforehand (so that other changes can refer to it).
 * - `managed`: marks the resource as belonging to the follow-up module (decision 9); absent = keep what is stored.
 * - `by: 'module'`: the change is made by an operation of the follow-up module itself, so the rules about protected
 *   elements do not apply to it. Never set from what a client sends.
 */
export type Change =
  | {
      readonly op: 'create';
      readonly resource: Resource;
      /** Search query of If-None-Exist, without `?`. */
      readonly ifNoneExist?: string;
      readonly managed?: boolean;
      readonly by?: 'client' | 'module';
      /** Party keys that see the new row beside those who see it by rule. Never set from what a client sends. */
      readonly grants?: readonly string[];
    }
  | {
      readonly op: 'update';
      /** `resource.id` is the target. */
      readonly resource: Resource;
      /** Version that must be current; `*`: any, but there must be one. */
      readonly ifMatch?: VersionCondition;
      /** Version that must not be current; `*`: there must be none. */
      readonly ifNoneMatch?: VersionCondition;
      /** The client sent a PATCH: histories say so. */
      readonly patched?: true;
      readonly managed?: boolean;
      readonly by?: 'client' | 'module';
    }
  | {
      readonly op: 'delete';
      readonly type: string;
      readonly id: string;
      readonly ifMatch?: VersionCondition;
      /** What is not there, or may not be seen, is as good as deleted; else it is refused. */
      readonly mayBeAbsent?: boolean;
      readonly by?: 'client' | 'module';
    };
