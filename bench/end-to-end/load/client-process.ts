/**
 * A client process: keeps so many requests in flight for as long as it is told, then says how many fills were acknowledged
 * and how long each request took. Remembers every acknowledgement until it is asked for it. The same process serves all
 * contenders in turn: they differ in the library that sends, and in nothing else.
 */

import { mulberry32 } from '../../../test/support/seeded.ts';
import { closedLoop } from '../../harness/interleave.ts';
import { makeFills } from './make-fills.ts';
import { PlainSender } from './plain-sender.ts';
import type { LoadFill, Outcome, Sender, SenderOptions } from './sender.ts';
import { TypedSender } from './typed-sender.ts';

export interface ClientPlan extends SenderOptions {
  readonly library: keyof typeof LIBRARIES;
  /** The same seed, the same fills, whoever records them. */
  readonly seed: number;
}

export interface SliceOrder {
  readonly inFlight: number;
  readonly fillsPerRequest: number;
  readonly symbols: readonly string[];
  readonly durationMs: number;
}

export interface ClientSlice {
  /** Fills that were acknowledged. */
  readonly fills: number;
  readonly elapsedMs: number;
  /** Of each request. */
  readonly latenciesMs: Float64Array;
}

/** What was answered since it was asked for the last time. */
export interface Acknowledged {
  readonly ids: readonly string[];
  /** The version acknowledged under the id of the same place. */
  readonly versions: readonly number[];
  /** How often a fill was refused, by code. */
  readonly refused: Readonly<Record<string, number>>;
}

/** `contender`: whose service it is about. */
export type ToClient =
  | { readonly type: 'open'; readonly contender: string; readonly plan: ClientPlan }
  | { readonly type: 'slice'; readonly contender: string; readonly order: SliceOrder }
  | { readonly type: 'acknowledged'; readonly contender: string }
  | { readonly type: 'close' };

/** One for each message to the client, in order. */
export type FromClient =
  | { readonly type: 'ready' }
  | { readonly type: 'slice'; readonly slice: ClientSlice }
  | { readonly type: 'acknowledged'; readonly acknowledged: Acknowledged }
  | { readonly type: 'failed'; readonly message: string };

/** What this process knows about one contender. */
interface Lane {
  readonly sender: Sender;
  readonly makeFill: () => LoadFill;
  readonly random: () => number;
  ids: string[];
  versions: number[];
  refused: Record<string, number>;
}

const LIBRARIES = { typed: TypedSender.open, plain: PlainSender.open };

const lanes = new Map<string, Lane>();

process.on('disconnect', () => process.exit(1));
process.on('message', (message: ToClient) => {
  obey(message).catch((error: unknown) => tell({ type: 'failed', message: String(error) }));
});

async function obey(message: ToClient): Promise<void> {
  switch (message.type) {
    case 'open': {
      const { contender, plan } = message;
      const sender = await LIBRARIES[plan.library](plan);
      lanes.set(contender, { sender, makeFill: makeFills(plan.seed), random: mulberry32(plan.seed), ...nothing() });
      tell({ type: 'ready' });
      return;
    }
    case 'slice':
      tell({ type: 'slice', slice: await slice(laneOf(message.contender), message.order) });
      return;
    case 'acknowledged': {
      const lane = laneOf(message.contender);
      const { ids, versions, refused } = lane;
      tell({ type: 'acknowledged', acknowledged: { ids, versions, refused } });
      Object.assign(lane, nothing());
      return;
    }
    case 'close':
      for (const { sender } of lanes.values()) await sender.close();
      process.exit(0);
  }
}

function nothing(): Pick<Lane, 'ids' | 'versions' | 'refused'> {
  return { ids: [], versions: [], refused: {} };
}

function laneOf(contender: string): Lane {
  const lane = lanes.get(contender);
  if (lane === undefined) throw new Error(`${contender} was not opened`);
  return lane;
}

async function slice(lane: Lane, order: SliceOrder): Promise<ClientSlice> {
  const { inFlight, fillsPerRequest, symbols, durationMs } = order;
  const { sender, makeFill, random } = lane;
  const before = lane.ids.length;
  const { elapsedMs, latenciesMs } = await closedLoop(inFlight, durationMs, async () => {
    const symbol = symbols[Math.floor(random() * symbols.length)] as string;
    if (fillsPerRequest === 1) {
      const fill = makeFill();
      note(lane, fill, await sender.send(symbol, fill));
      return;
    }
    const fills = Array.from({ length: fillsPerRequest }, makeFill);
    const outcomes = await sender.sendBatch(symbol, fills);
    fills.forEach((fill, index) => {
      note(lane, fill, outcomes[index] ?? 'UNANSWERED');
    });
  });
  return { fills: lane.ids.length - before, elapsedMs, latenciesMs: Float64Array.from(latenciesMs) };
}

function note(lane: Lane, { id }: LoadFill, outcome: Outcome): void {
  if (typeof outcome === 'number') {
    lane.ids.push(id);
    lane.versions.push(outcome);
  } else {
    lane.refused[outcome] = (lane.refused[outcome] ?? 0) + 1;
  }
}

function tell(message: FromClient): void {
  process.send?.(message);
}
