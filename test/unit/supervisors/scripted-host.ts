/** A symbol host whose actors do what a test tells them, over ports that remember what was asked of them. */
import type { ActorPorts, ActorSupervisor, SymbolActor } from '../../../actors/symbol/actor.ts';
import type { Envelope, SymbolMessage } from '../../../actors/symbol/messages.ts';
import type { ClaimedLife, Recovery } from '../../../actors/symbol/recovery.ts';
import type { SymbolSettings } from '../../../actors/symbol/turn.ts';
import { upbitKrw } from '../../../domain/instrument.ts';
import { FLAT } from '../../../domain/position.ts';
import { PRESETS } from '../../../domain/preset.ts';
import type { ErrorReply, Reply } from '../../../protocol/errors.ts';
import { contentId } from '../../../protocol/ids.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import type { DeadLetter, LedgerWriter } from '../../../protocol/ports/ledger.ts';
import type { MarketEvent } from '../../../protocol/ports/market.ts';
import type { ClaimedPosition, OwnershipPort } from '../../../protocol/ports/ownership.ts';
import { RestartPolicy } from '../../../supervisors/restart-policy.ts';
import { type HostOptions, SymbolHost } from '../../../supervisors/symbol-host.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';

/** Chance at its middle: the first delays are 75, 150, 300, 600 and 1,200 ms. */
export const FIRST_DELAY_MS = 75;

/** One life: accepts and answers, unless it is told to crash. */
export class ScriptedActor {
  readonly mode = 'flat';
  readonly idle = true;
  uncommitted = 0;

  get hasRoom(): boolean {
    return this.uncommitted < LIMITS.uncommittedPerSymbolMax;
  }

  readonly epoch: number;
  readonly supervisor: ActorSupervisor;
  readonly accepted: SymbolMessage[] = [];
  readonly events: MarketEvent[] = [];
  stoppedWith: Reply | undefined;
  readonly #crashesOn: (message: SymbolMessage) => boolean;

  constructor(epoch: number, supervisor: ActorSupervisor, crashesOn: (message: SymbolMessage) => boolean) {
    this.epoch = epoch;
    this.supervisor = supervisor;
    this.#crashesOn = crashesOn;
  }

  accept(envelope: Envelope): void {
    this.accepted.push(envelope.message);
    if (this.#crashesOn(envelope.message)) this.supervisor.onCrash(new Error('a handler threw'), envelope);
    else envelope.reply?.({ ok: true, epoch: this.epoch });
  }

  async market(event: MarketEvent): Promise<void> {
    this.events.push(event);
  }

  async settled(): Promise<void> {}

  stop(reply: Reply | undefined): void {
    this.stoppedWith = reply;
  }
}

export interface Script {
  /** What the next lives do instead of starting: reject, or end while they start. */
  readonly starts: ((supervisor: ActorSupervisor) => void | Promise<void>)[];
  crashesOn: (message: SymbolMessage) => boolean;
  /** What the next claims give instead of the symbol. */
  readonly claims: (() => Promise<ClaimedLife | undefined>)[];
}

export function scriptedHost(options: { symbol?: string; clock?: FakeClock; load?: { rows: number } } = {}) {
  const { symbol = 'KRW-BTC', clock = new FakeClock(), load = { rows: 0 } } = options;
  const script: Script = { starts: [], crashesOn: () => false, claims: [] };
  const log = new RecordingLog();
  const lives: ScriptedActor[] = [];
  const halts: { epoch: number; reason: string | null; id: string }[] = [];
  const letters: DeadLetter[] = [];
  const lost: string[] = [];
  /** What the ledger does when it is asked to store something; tests put failures in. */
  const ledger = { halt: async () => true, letter: async () => {} };
  let epoch = 1;
  let claims = 0;

  const claimed = (): ClaimedLife => ({
    claimed: { symbol, epoch, version: 0, position: FLAT, durable: null },
    recovery: { working: undefined, reservations: [], hasCandles: false },
  });
  const startActor = async (
    _settings: SymbolSettings,
    position: ClaimedPosition,
    _recovery: Recovery,
    _ports: ActorPorts,
    supervisor: ActorSupervisor,
  ): Promise<SymbolActor> => {
    const life = new ScriptedActor(position.epoch, supervisor, (message) => script.crashesOn(message));
    lives.push(life);
    await script.starts.shift()?.(supervisor);
    // The host uses no more of an actor than the scripted one has.
    return life as unknown as SymbolActor;
  };
  const hostOptions: HostOptions = {
    ports: { load, pod: 'pod-a' } as ActorPorts,
    newPolicy: () =>
      new RestartPolicy(
        {
          restartsMax: LIMITS.restartsMax,
          windowMs: LIMITS.restartWindowMs,
          backoffFirstMs: 2 * 50,
          backoffMaxMs: LIMITS.restartBackoffMaxMs,
        },
        clock,
        { next: () => 0.5 },
      ),
    ownership: {
      haltSymbol: async (_symbol: string, haltEpoch: number, reason: string | null, id: string) => {
        halts.push({ epoch: haltEpoch, reason, id });
        return ledger.halt();
      },
    } as OwnershipPort,
    writer: {
      storeDeadLetter: async (letter: DeadLetter) => {
        letters.push(letter);
        return ledger.letter();
      },
    } as LedgerWriter,
    clock,
    log,
    claim: async () => {
      claims += 1;
      const scripted = script.claims.shift();
      if (scripted !== undefined) return scripted();
      epoch += 1;
      return claimed();
    },
    onLost: (given) => lost.push(given.symbol),
    startActor,
  };
  const host = new SymbolHost(
    { symbol, preset: PRESETS['v3.3'], parametersHash: 'test', instrument: upbitKrw(symbol), feeRate: 0n },
    hostOptions,
  );
  const post = (message: SymbolMessage): Reply[] => {
    const replies: Reply[] = [];
    host.post(message, (reply) => replies.push(reply));
    return replies;
  };
  return {
    host,
    clock,
    log,
    script,
    lives,
    halts,
    letters,
    lost,
    ledger,
    load,
    post,
    start: () => host.start(claimed()),
    claims: () => claims,
    nextClaim: (): ClaimedLife => {
      epoch += 1;
      return claimed();
    },
    /** Messages the present life has accepted. */
    accepted: () => lives.at(-1)?.accepted ?? [],
  };
}

/** The code of the only reply, 'ok', or what is wrong about the number of replies. */
export function codeOf(replies: readonly Reply[]): string {
  const [reply] = replies;
  if (reply === undefined || replies.length > 1) return `${replies.length} replies`;
  return reply.ok ? 'ok' : (reply as ErrorReply).error.code;
}

export const control = (type: 'pause' | 'resume' | 'flatten', reason: string): SymbolMessage => ({
  type,
  request: { id: contentId(type, reason), reason },
});
export const POISON = control('flatten', 'poison');
export const FILL: SymbolMessage = {
  type: 'fill',
  items: [{ id: contentId('fill'), side: 'buy', quantity: 1n, price: 2n }],
  batch: false,
};
export const isPoison = (message: SymbolMessage): boolean => message === POISON;

/** A host that runs into its limit of crashes, and is halted for it. */
export async function haltedHost() {
  const system = scriptedHost();
  const fails = (): never => {
    throw new Error('the journal cannot be read');
  };
  system.script.starts.push(...Array.from({ length: LIMITS.restartsMax + 1 }, () => fails));
  const waiting = system.post(FILL);
  await system.start();
  await system.clock.advance(10_000);
  return { ...system, waiting };
}
