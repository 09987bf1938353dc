/**
 * What a team writes first: `nc.request`, and a service that locks the row. Once as it comes, a transaction a fill, and
 * once with what its advocate would add for batches: one transaction for all fills of a request.
 */

import { Child } from '../../harness/child.ts';
import { createLedger } from '../../ledger/database.ts';
import { SYMBOLS } from '../scenarios.ts';
import type { Design } from './contender.ts';
import type { ForUpdatePlan, FromForUpdate, ToForUpdate } from './for-update-process.ts';

export const requestForUpdate: Design = design('request-for-update', 'each');

export const requestForUpdateBatched: Design = {
  ...design('request-for-update-batched', 'whole'),
  isFor: ({ fillsPerRequest }) => fillsPerRequest > 1,
};

function design(name: string, batches: ForUpdatePlan['batches']): Design {
  return {
    name,
    open: async ({ postgres, cluster, clients }) => {
      const databaseUrl = await createLedger(postgres, `end_to_end_${batches}`, SYMBOLS.length);
      const plan = { url: cluster.broker.url, prefix: name };
      const service = new Child<ToForUpdate, FromForUpdate>('for-update-process.ts', import.meta.url);
      await service.ask({ type: 'open', plan: { ...plan, databaseUrl, batches } }, 'ready');
      return {
        load: await clients.open(name, { ...plan, library: 'plain' }),
        databaseUrl,
        close: () => service.stop({ type: 'close' }),
      };
    },
  };
}
