import type { Services } from '../interactions/services.js';
import { bulkFilesKept, removeBulkJob } from '../storage/bulk-jobs.js';
import { addJob } from '../storage/jobs.js';
import type { Pool } from '../storage/pool.js';
import { bulkExport } from './bulk-export.js';
import { bulkImport } from './bulk-import.js';
import type { JobHandler } from './start-jobs.js';

/** Bulk export and import, and the end of their files. */
export function bulkHandlers(services: Services, pool: Pool): Readonly<Record<string, JobHandler>> {
  const kept =
    (work: (payload: unknown, services: Services, pool: Pool) => Promise<void>): JobHandler =>
    async (payload) => {
      await work(payload, services, pool);
      const { id } = payload as { readonly id: string };
      await addJob(pool, {
        kind: 'bulk-forget',
        key: id,
        payload: { id },
        runAt: services.clock.now() + bulkFilesKept,
      });
    };
  return {
    'bulk-export': kept(bulkExport),
    'bulk-import': kept(bulkImport),
    'bulk-forget': async (payload) => void (await removeBulkJob(pool, (payload as { readonly id: string }).id)),
  };
}
