/** A client process: lanes that record fills one after another, and what became of each. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Failures, FillPlan, FromClient, ToClient } from './fill-plan.ts';
import { now, type OpenSender, type Pending } from './fill-sender.ts';
import { makeFill } from './make-fill.ts';
import { PlainFillSender } from './plain-fill-sender.ts';
import { mulberry32 } from './seeded.ts';
import { TypedFillSender } from './typed-fill-sender.ts';

const REPORT_EVERY_MS = 50;

const SENDERS: Record<FillPlan['client'], OpenSender> = {
  plain: PlainFillSender.open,
  typed: TypedFillSender.open,
};

const sent: Pending[] = [];
const failures: Failures = {};
let acknowledged = 0;
let stopped = false;

process.on('disconnect', () => process.exit(1));
process.on('message', (message: ToClient) => {
  if (message.type === 'stop') stopped = true;
  else void run(message.plan);
});

async function run(plan: FillPlan): Promise<void> {
  const sender = await SENDERS[plan.client](plan, failures);
  const random = mulberry32(plan.seed);
  const left = () => (stopped ? 0 : (plan.count ?? Number.POSITIVE_INFINITY) - sent.length);
  const lane = async () => {
    while (left() > 0) {
      const symbol = plan.symbols[Math.floor(random() * plan.symbols.length)]!;
      const size = Math.min(left(), 1 + Math.floor(random() * plan.fillsPerRequestMax));
      const sentAt = now();
      const fills = Array.from({ length: size }, (): Pending => {
        const fill = makeFill(random, plan.sellPercent);
        return { symbol, fill, versions: new Set(), sentAt, attempts: 0 };
      });
      sent.push(...fills);
      await sender.settle(fills);
      acknowledged += fills.filter(({ final }) => final?.outcome === 'ok').length;
      if (plan.thinkMs > 0) await delay(2 * plan.thinkMs * random());
    }
  };
  const reporting = setInterval(() => tell({ type: 'acknowledged', count: acknowledged }), REPORT_EVERY_MS);
  await Promise.all(Array.from({ length: plan.concurrency }, lane));
  clearInterval(reporting);
  await sender.close();
  const records = sent.map(({ versions, final, ...rest }) => ({ ...rest, versions: [...versions], ...final! }));
  // Not before the parent has it: leaving drops what is still in the channel.
  process.send?.({ type: 'done', records, failures } satisfies FromClient, () => process.exit(0));
}

function tell(message: FromClient): void {
  process.send?.(message);
}
