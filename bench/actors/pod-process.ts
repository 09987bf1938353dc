/** A process with one Pod, which does what the suite tells it, one thing after the other. */
import { measureIdle } from './idle-pod.ts';
import { LoadedPod } from './loaded-pod.ts';
import type { FromPod, ToPod } from './pod-protocol.ts';

let pod: LoadedPod | undefined;

process.on('message', (message: ToPod) => {
  handle(message).then(
    (answer) => {
      if (answer !== undefined) process.send?.(answer);
    },
    (error: unknown) => process.send?.({ type: 'failed', message: String(error) } satisfies FromPod),
  );
});

async function handle(message: ToPod): Promise<FromPod | undefined> {
  switch (message.type) {
    case 'open':
      pod = await LoadedPod.open(message);
      return { type: 'opened' };
    case 'measure':
      return { type: 'measured', ...(await measureIdle(message.symbols)) };
    case 'load':
      return { type: 'loaded', slice: await opened().load(message) };
    case 'audit':
      return { type: 'audited', verdict: await opened().audit() };
    case 'stop':
      await pod?.stop();
      process.exit(0);
  }
}

function opened(): LoadedPod {
  if (pod === undefined) throw new Error('a Pod is opened before it is put under load');
  return pod;
}
