/** The engine as shipped: one process of `coinpilot pod`, asked by its typed client. */
import type { Design } from './contender.ts';

const POD = 'bench-0';

export const coinpilot: Design = {
  name: 'coinpilot',
  open: async ({ cluster, clients }) => {
    const pod = await cluster.add(POD);
    await cluster.whenServed();
    return {
      load: await clients.open(coinpilot.name, { url: cluster.broker.url, prefix: 'cp', library: 'typed' }),
      databaseUrl: cluster.databaseUrl,
      close: async () => void (await pod.drain()),
    };
  },
};
