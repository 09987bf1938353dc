/** The trading side of a Pod: the account, the symbols, the market that drives them. */

import type { EntryAccount } from '../../actors/account/port.ts';
import { systemClock, systemRandom } from '../../adapters/system-clock.ts';
import { upbitKrw } from '../../domain/instrument.ts';
import { fromNumber, parseDecimal } from '../../domain/money.ts';
import { canonicalPreset } from '../../domain/preset.ts';
import { FencedError, TerminalError } from '../../protocol/errors.ts';
import { contentId, fingerprint } from '../../protocol/ids.ts';
import type { StoredRow } from '../../protocol/ports/ledger.ts';
import type { EventKind } from '../../protocol/subjects.ts';
import { AccountService } from '../account-service.ts';
import { ClusterService } from '../cluster-service.ts';
import { MarketIntake } from '../market-intake.ts';
import type { RunningPart } from '../rest-for-one.ts';
import { SymbolSupervisor } from '../symbols.ts';
import { type EngineContext, required } from './engine-context.ts';
import { eventOf } from './event.ts';
import { MarketBus } from './market-bus.ts';
import { withTimeout } from './waiting.ts';

export async function startAccount(context: EngineContext, failed: (error: unknown) => void, signal: AbortSignal) {
  const { account: ledger, ownership } = context.ledger;
  const service = await AccountService.start({
    ledger,
    ownership,
    membership: required(context.membership),
    bus: context.bus,
    subjects: context.subjects,
    clock: systemClock,
    log: context.log,
    limits: context.config.risk,
    marketNow: () => context.marketTime ?? systemClock.now(),
    onFenced: () => failed(new FencedError('another Pod owns the account')),
    signal,
  });
  context.account = service;
  await openPaperAccount(context, service);
  return {
    stop: async () => service.stop(),
  };
}

/** A new paper ledger starts with money; the id makes it happen once. */
async function openPaperAccount(context: EngineContext, service: AccountService): Promise<void> {
  const { deposits, version } = await context.ledger.account.read('1970-01-01');
  if (version > 0 || deposits > 0n) return;
  const amount = parseDecimal(context.config.paper.balance);
  if (amount === 0n) return;
  await service.actor.deposit({
    id: contentId('paper', 'opening balance'),
    amount,
    reason: 'paper money to start with',
  });
}

export async function startSymbols(context: EngineContext): Promise<RunningPart> {
  const membership = required(context.membership);
  const queue = required(context.queue);
  const { store, ownership } = context.ledger;
  const { preset } = context.config;
  const parametersHash = fingerprint(canonicalPreset(preset));
  const symbols = new SymbolSupervisor({
    settingsOf: (symbol) => ({
      symbol,
      preset,
      parametersHash,
      instrument: upbitKrw(symbol),
      feeRate: fromNumber(context.config.paper.feeRate),
    }),
    ports: {
      queue,
      load: context.load,
      account: accountFor(context),
      venue: context.venue,
      reader: store,
      clock: systemClock,
      log: context.log,
      pod: context.config.pod,
      mayAct: () => membership.holds,
      publish: (rows) => publish(context, rows),
      count: (symbol, key) => context.intake?.count(symbol, key),
      onClosed: (trade) => context.callbacks.onTrade(trade),
      onIllegalEvent: (symbol, event, mode) => {
        context.stats.illegalEvents += 1;
        context.log.warn({ symbol, event, mode }, 'an event is not legal in this mode');
      },
    },
    membership,
    ownership,
    writer: store,
    reader: store,
    storeMarket: async () => context.intake?.flush(),
    publish: (rows) => publish(context, rows),
    bus: context.bus,
    subjects: context.subjects,
    clock: systemClock,
    random: systemRandom,
    log: context.log,
    stats: context.stats,
  });
  context.symbols = symbols;
  await ownership.addSymbols(context.config.symbols);
  await symbols.serve((await ownership.symbols()).map((row) => row.symbol));
  const cluster = new ClusterService({
    membership,
    ownership,
    symbols,
    bus: context.bus,
    subjects: context.subjects,
    clock: systemClock,
    log: context.log,
    stats: context.stats,
    onDrain: context.callbacks.onDrain,
  });
  await context.bus.flush().catch(() => undefined);
  context.serving = true;
  return {
    stop: async () => {
      context.serving = false;
      cluster.stop();
      if (context.ledgerUp) await symbols.stop();
      else symbols.abandon();
      await withTimeout(ownership.release(membership.owner, [...symbols.hosts.keys()]), context.patienceMs);
    },
  };
}

/** The account as the symbols ask it: what was decided before an entry is stored before the entry can be. */
function accountFor(context: EngineContext): EntryAccount {
  const { actor } = required(context.account);
  return {
    reserve: async (ask) => {
      await context.intake?.flush();
      return actor.reserve(ask);
    },
    release: (reservationId) => actor.release(reservationId),
  };
}

export async function startMarket(context: EngineContext, failed: (error: unknown) => void) {
  const symbols = required(context.symbols);
  const account = required(context.account);
  const intake = new MarketIntake({
    hosts: symbols.hosts,
    observePrice: (symbol, price, at) => account.actor.observePrice(symbol, price, at),
    writer: context.ledger.store,
    bus: context.bus,
    subjects: context.subjects,
    clock: systemClock,
    log: context.log,
    stats: context.stats,
    onFailed: failed,
  });
  context.intake = intake;
  const feed = context.feed;
  if (feed === undefined) {
    const market = new MarketBus({
      bus: context.bus,
      subjects: context.subjects,
      hosts: symbols.hosts,
      stats: context.stats,
      log: context.log,
    });
    return { stop: async () => market.stop() };
  }
  const abort = new AbortController();
  const running = feed.run(intake, await context.ledger.store.lastCandles(), abort.signal).then(
    async (how) => {
      await intake.flush();
      if (how === 'end') context.callbacks.onFeedEnd();
    },
    (error: unknown) =>
      failed(isBadData(error) ? new TerminalError((error as Error).message, { cause: error }) : error),
  );
  return {
    stop: async () => {
      abort.abort();
      await withTimeout(running, context.patienceMs);
      intake.stop();
      await withTimeout(intake.flush(), context.patienceMs);
    },
  };
}

function publish(context: EngineContext, rows: readonly StoredRow[]): void {
  for (const row of rows) {
    context.bus.publish(context.subjects.event(row.symbol, row.kind as EventKind), JSON.stringify(eventOf(row)));
    context.stats.lastEvent = { at: row.at, text: `${row.symbol} ${row.kind} #${row.seq}` };
  }
}

function isBadData(error: unknown): boolean {
  return (error as { name?: string }).name === 'RecordedDataError';
}
