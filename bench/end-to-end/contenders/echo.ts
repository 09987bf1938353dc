/** The ceiling of every engine behind this client, this bus adapter and this JSON. */
import { Child } from '../../harness/child.ts';
import type { Design } from './contender.ts';
import type { FromEcho, ToEcho } from './echo-process.ts';

const PREFIX = 'echo';

export const echo: Design = {
  name: 'echo',
  open: async ({ cluster, clients }) => {
    const plan = { url: cluster.broker.url, prefix: PREFIX };
    const responder = new Child<ToEcho, FromEcho>('echo-process.ts', import.meta.url);
    await responder.ask({ type: 'open', plan }, 'ready');
    return {
      load: await clients.open(echo.name, { ...plan, library: 'typed' }),
      close: () => responder.stop({ type: 'close' }),
    };
  },
};
