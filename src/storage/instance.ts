import { lockKinds, type Session } from './session.js';

/**
 * Makes this process known by a number that it alone has: what it claims in the database is free again once its session
 * is gone.
 */
export async function claimInstance(session: Session): Promise<number> {
  for (;;) {
    const instance = await session.freshNumber();
    if (await session.tryLock([lockKinds.instance, instance])) return instance;
  }
}
