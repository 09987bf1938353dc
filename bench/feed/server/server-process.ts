/** A contender in a process of its own, which publishes its load itself. */
import type { DesignName, FanOut } from './fan-out.ts';
import { HubFanOut } from './hub-fan-out.ts';
import { Load, type Saturation, type Sent } from './load.ts';
import { LoopFanOut } from './loop-fan-out.ts';
import { ReadReports } from './read-reports.ts';
import { SentLog } from './sent-log.ts';
import { type Memory, settledMemory } from './settled-memory.ts';

export type ToServer =
  | { readonly type: 'open'; readonly design: DesignName }
  | { readonly type: 'saturate'; readonly saturation: Saturation }
  | { readonly type: 'pace'; readonly ticks: number }
  | { readonly type: 'push'; readonly events: number }
  | { readonly type: 'wake' | 'rest' | 'memory' | 'close' };

/** One for each message, in order. */
export type FromServer =
  | { readonly type: 'ready'; readonly port: number; readonly reportPort: number; readonly library: string }
  | { readonly type: 'sent'; readonly sent: Sent }
  | { readonly type: 'memory'; readonly memory: Memory }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly message: string };

const sent = new SentLog();
const OPEN: Readonly<Record<DesignName, () => Promise<FanOut>>> = {
  'ws-loop': () => LoopFanOut.open({ sent, isTextShared: false }),
  'ws-loop-once': () => LoopFanOut.open({ sent, isTextShared: true }),
  coinpilot: () => HubFanOut.open('uws', sent),
  'coinpilot-ws': () => HubFanOut.open('ws', sent),
};

let fanOut: FanOut;
let load: Load;

process.on('disconnect', () => process.exit(1));
process.on('message', (message: ToServer) => {
  obey(message).catch((error: unknown) => tell({ type: 'failed', message: String(error) }));
});

async function obey(message: ToServer): Promise<void> {
  switch (message.type) {
    case 'open': {
      const reports = await ReadReports.open();
      fanOut = await OPEN[message.design]();
      load = new Load(fanOut, { sent, reports });
      tell({ type: 'ready', port: fanOut.port, reportPort: reports.port, library: fanOut.library });
      return;
    }
    case 'saturate':
      tell({ type: 'sent', sent: await load.saturate(message.saturation) });
      return;
    case 'pace':
      tell({ type: 'sent', sent: await load.pace(message.ticks) });
      return;
    case 'push':
      tell({ type: 'sent', sent: await load.push(message.events) });
      return;
    case 'memory':
      tell({ type: 'memory', memory: await settledMemory() });
      return;
    case 'close':
      process.exit(0);
      return;
    default:
      if (message.type === 'wake') fanOut.wake();
      else fanOut.rest();
      tell({ type: 'done' });
  }
}

function tell(message: FromServer): void {
  process.send?.(message);
}
