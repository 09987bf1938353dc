/**
 * A client process: records fills over NATS with the public client library and nothing of the
 * engine. It keeps an id until the engine has given a final answer, as DESIGN §3 asks of every caller.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type NatsConnection } from 'nats';
import type { Failures, FillPlan, FillRecord, FromClient, ToClient, WireFill } from './fill-plan.ts';
import { uuidv7 } from './wire.ts';

interface Pending {
  readonly fill: WireFill;
  attempts: number;
}

interface Answer {
  readonly ok: boolean;
  readonly version?: number;
  readonly results?: readonly Answer[];
  readonly error?: { readonly code: string; readonly retryable: boolean };
}

const REPORT_EVERY_MS = 50;

const records: FillRecord[] = [];
const failures: Failures = {};
let acknowledged = 0;
let stopped = false;

process.on('disconnect', () => process.exit(1));
process.on('message', (message: ToClient) => {
  if (message.type === 'stop') stopped = true;
  else void run(message.plan);
});

async function run(plan: FillPlan): Promise<void> {
  const nc = await connect({
    servers: plan.url,
    reconnectTimeWait: 20,
    maxReconnectAttempts: -1,
    waitOnFirstConnect: true,
  });
  const random = mulberry32(plan.seed);
  let sent = 0;
  const left = () => (stopped ? 0 : (plan.count ?? Number.POSITIVE_INFINITY) - sent);
  const lane = async () => {
    while (left() > 0) {
      const symbol = plan.symbols[Math.floor(random() * plan.symbols.length)]!;
      const size = Math.min(left(), 1 + Math.floor(random() * plan.fillsPerRequestMax));
      sent += size;
      const pending = Array.from({ length: size }, () => ({ fill: makeFill(random, plan.sellPercent), attempts: 0 }));
      await settle(nc, plan, symbol, pending);
    }
  };
  const reporting = setInterval(() => tell({ type: 'acknowledged', count: acknowledged }), REPORT_EVERY_MS);
  await Promise.all(Array.from({ length: plan.concurrency }, lane));
  clearInterval(reporting);
  await nc.close();
  // Not before the parent has it: leaving drops what is still in the channel.
  process.send?.({ type: 'done', records, failures } satisfies FromClient, () => process.exit(0));
}

/** Sends the same ids until each has a final answer or its time is over. */
async function settle(nc: NatsConnection, plan: FillPlan, symbol: string, fills: readonly Pending[]): Promise<void> {
  const giveUpAt = performance.now() + plan.giveUpMs;
  let open = fills;
  while (open.length > 0 && performance.now() < giveUpAt) {
    for (const item of open) item.attempts += 1;
    const answers = await attempt(nc, plan, symbol, open);
    open = open.filter((item, index) => !conclude(symbol, item, answers[index]));
    if (open.length > 0) await delay(20 + Math.random() * 230);
  }
  for (const { fill, attempts } of open) records.push({ symbol, fill, attempts, outcome: 'unknown' });
}

/** One answer a fill; none at all when nothing came back. */
async function attempt(
  nc: NatsConnection,
  plan: FillPlan,
  symbol: string,
  open: readonly Pending[],
): Promise<readonly Answer[]> {
  const isSingle = plan.fillsPerRequestMax === 1;
  const body = isSingle ? open[0]!.fill : { fills: open.map(({ fill }) => fill) };
  try {
    const reply = await nc.request(`cp.symbol.${symbol}.fill`, JSON.stringify(body), { timeout: plan.attemptMs });
    const answer = reply.json<Answer>();
    if (!isSingle && answer.results !== undefined) return answer.results;
    return open.map(() => answer);
  } catch (error) {
    count(error instanceof Error ? error.name : String(error));
    return [];
  }
}

function conclude(symbol: string, { fill, attempts }: Pending, answer: Answer | undefined): boolean {
  if (answer === undefined) return false;
  if (answer.ok && answer.version !== undefined) {
    acknowledged += 1;
    records.push({ symbol, fill, attempts, outcome: 'ok', version: answer.version });
    return true;
  }
  const code = answer.error?.code ?? 'an answer without version or error';
  if (answer.error?.retryable === true) {
    count(code);
    return false;
  }
  records.push({ symbol, fill, attempts, outcome: 'refused', code });
  return true;
}

function count(failure: string): void {
  failures[failure] = (failures[failure] ?? 0) + 1;
}

/** Few enough decimals that quantity × price is exact: a fold by anybody gives the same notional. */
function makeFill(random: () => number, sellPercent: number): WireFill {
  const side = random() * 100 < sellPercent ? 'sell' : 'buy';
  const whole = side === 'buy' ? 10 : 2;
  return {
    id: uuidv7(),
    side,
    quantity: decimal(1 + Math.floor(random() * whole * 10_000), 4),
    price: decimal(10_000 + Math.floor(random() * 1_000_000), 2),
    fee: decimal(Math.floor(random() * 1_000), 3),
  };
}

function decimal(value: number, places: number): string {
  const digits = String(value).padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  return fraction === '' ? digits.slice(0, -places) : `${digits.slice(0, -places)}.${fraction}`;
}

function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function tell(message: FromClient): void {
  process.send?.(message);
}
