/** The engine that dashboard-mock.ts plays: five symbols, two of them held, with everything that the feed and the API say. */
import { divide, formatDecimal, fromNumber, multiply, parseDecimal, type Units } from '../../domain/money.ts';
import type { CandleJson, FeedEvent } from '../../protocol/feed.ts';
import { mockHistory } from './dashboard-mock-history.ts';

/** `trouble`: halted, paused, an orphan, a dead Pod, stale prices. `token`: as `trading`, for those who know the token. */
export type Scenario = 'trading' | 'empty' | 'trouble' | 'token';

interface MockSymbol {
  readonly symbol: string;
  price: number;
  quantity: Units;
  cost: Units;
  mode: string;
  pausedReason: string | null;
  haltedReason: string | null;
  seq: number;
  readonly regime: string;
  readonly reason: string;
  openedAt: string | null;
}

type Message = { readonly type: string; readonly channel: string; readonly [field: string]: unknown };

const MINUTE_MS = 60_000;
const START: readonly (readonly [string, number, string, string])[] = [
  ['KRW-BTC', 135_240_000, 'BULL', 'RSI14'],
  ['KRW-DOGE', 241.5, 'BEAR', 'VOLUME_SURGE'],
  ['KRW-ETH', 4_812_000, 'SIDEWAYS', 'RSI7_NOT_OVERSOLD'],
  ['KRW-SOL', 203_450, 'SIDEWAYS', 'BB_TOUCH_RECOVERY'],
  ['KRW-XRP', 3_218, 'UNKNOWN', 'WARMING_UP'],
];
const REASONS = [
  'RSI14',
  'RSI7_NOT_OVERSOLD',
  'RSI7_NOT_RECOVERED',
  'RSI7_BOUNCE',
  'MA_TREND',
  'VOLUME',
  'VOLUME_SURGE',
];

export class MockEngine {
  readonly #scenario: Scenario;
  readonly #random: () => number;
  readonly #now: () => number;
  readonly #listeners = new Set<(message: Message) => void>();
  readonly #symbols: MockSymbol[];
  readonly #history: FeedEvent[] = [];
  #cash = parseDecimal('7412300.5');
  #paused: string | null = null;
  #halted: string | null = null;
  #accountSeq = 12;
  #steps = 0;

  constructor(scenario: Scenario, random: () => number, now: () => number) {
    this.#scenario = scenario;
    this.#random = random;
    this.#now = now;
    this.#symbols = START.map(([symbol, price, regime, reason]) => ({
      symbol,
      price,
      regime,
      reason,
      quantity: 0n,
      cost: 0n,
      mode: regime === 'UNKNOWN' ? 'warming' : 'flat',
      pausedReason: null,
      haltedReason: null,
      seq: 40,
      openedAt: null,
    }));
    if (scenario === 'empty') {
      this.#cash = parseDecimal('10000000');
      return;
    }
    this.#hold('KRW-BTC', '0.01234567', 134_100_000);
    this.#hold('KRW-SOL', '7.5', 206_900);
    this.#history.push(...mockHistory((minutesAgo) => this.#iso(-minutesAgo * MINUTE_MS)));
    if (scenario === 'trouble') this.#breakThings();
  }

  listen(listener: (message: Message) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What a subscriber of the channel is told first. */
  greet(channel: string): Message[] {
    const snapshot = (seq: number, data: unknown): Message[] => [
      { type: 'snapshot', channel, seq, data },
      { type: 'live', channel, seq },
      this.#state(channel),
    ];
    if (channel === 'account') return snapshot(this.#accountSeq, { ...this.#account(), version: this.#accountSeq });
    if (channel === 'cluster') return snapshot(9, this.#cluster());
    if (channel === 'decisions') {
      const recent = this.#history.filter(({ kind }) => kind === 'decision' || kind === 'signal');
      return [{ type: 'snapshot', channel, seq: 0, data: { recent } }];
    }
    const symbol = this.#symbols.find((one) => `symbol:${one.symbol}` === channel);
    if (symbol === undefined) return [{ type: 'error', channel, code: 'NOT_FOUND', message: 'no such symbol' }];
    return [...snapshot(symbol.seq, { ...this.#symbolState(symbol), position: position(symbol) }), this.#tick(symbol)];
  }

  /** A quarter of a second of market. */
  step(): void {
    this.#steps += 1;
    for (const symbol of this.#symbols) {
      if (this.#scenario === 'trouble' && symbol.symbol === 'KRW-XRP') continue;
      if (this.#random() < 0.3) continue;
      symbol.price = Number((symbol.price * (1 + (this.#random() - 0.5) * 0.0006)).toPrecision(6));
      this.#tell(this.#tick(symbol));
    }
    if (this.#steps % 2 === 1) return;
    this.#tell(this.#state('account'));
    this.#tell(this.#state('cluster'));
    for (const symbol of this.#symbols) this.#tell(this.#state(`symbol:${symbol.symbol}`));
  }

  control(command: {
    target: string;
    symbol?: string;
    command: string;
    reason: string;
    by: string;
    id: string;
  }): Record<string, unknown> {
    const { command: name, reason, by, id } = command;
    if (command.target === 'account') {
      if (name === 'pause') this.#paused = reason;
      if (name === 'halt') this.#halted = reason;
      if (name === 'resume') [this.#paused, this.#halted] = [null, null];
      this.#accountSeq += 1;
      this.#event('account', { stream: 'account', seq: this.#accountSeq, kind: 'risk', id, command: name, reason, by });
      return { ok: true, account: this.#account() };
    }
    const symbol = this.#symbols.find((one) => one.symbol === command.symbol);
    if (symbol === undefined) return { ok: false, error: { code: 'NOT_FOUND', message: 'no such symbol' } };
    if (name === 'pause') [symbol.pausedReason, symbol.mode] = [reason, 'paused'];
    if (name === 'halt') [symbol.haltedReason, symbol.mode] = [reason, 'halted'];
    if (name === 'resume') [symbol.pausedReason, symbol.haltedReason, symbol.mode] = [null, null, 'flat'];
    symbol.seq += 1;
    const { seq, mode } = symbol;
    this.#event(symbol.symbol, { stream: symbol.symbol, seq, kind: 'mode', id, command: name, reason, by, mode });
    return { ok: true, mode, version: seq, position: position(symbol) };
  }

  read(path: string, query: URLSearchParams): Record<string, unknown> {
    const symbol = this.#symbols.find((one) => one.symbol === query.get('symbol'));
    if (path === '/api/positions') return { positions: this.#symbols.map(position), at: this.#iso(0) };
    if (path === '/api/equity') return this.#equity(Number(query.get('points') ?? 240));
    if (path === '/api/candles') return { candles: symbol === undefined ? [] : this.#candles(symbol, 300) };
    if (path !== '/api/fills') return { live: true };
    const fills = this.#history.filter(({ stream, kind }) => kind === 'fill' && stream === symbol?.symbol);
    return { fills: fills.reverse() };
  }

  #tick(symbol: MockSymbol): Message {
    const price = formatDecimal(fromNumber(symbol.price));
    return { type: 'tick', channel: `symbol:${symbol.symbol}`, price, at: this.#iso(0) };
  }

  #state(channel: string): Message {
    const symbol = this.#symbols.find((one) => `symbol:${one.symbol}` === channel);
    const data =
      symbol !== undefined ? this.#symbolState(symbol) : channel === 'account' ? this.#account() : this.#cluster();
    return { type: 'state', channel, at: this.#iso(0), data };
  }

  #symbolState(symbol: MockSymbol) {
    const average = symbol.quantity > 0n ? divide(symbol.cost, symbol.quantity) : undefined;
    const level = (factor: number) => formatDecimal(fromNumber(Number(formatDecimal(average ?? 0n)) * factor));
    return {
      symbol: symbol.symbol,
      mode: symbol.mode,
      owner: this.#owner(symbol.symbol),
      epoch: 3,
      pausedReason: symbol.pausedReason,
      haltedReason: symbol.haltedReason,
      openOrders: [],
      exits: average === undefined ? null : { stop: level(0.97), target: level(1.05), stopReason: 'STOP_LOSS' },
      explain: this.#explain(symbol),
    };
  }

  #explain(symbol: MockSymbol) {
    const holds = symbol.quantity > 0n;
    const failing = REASONS.indexOf(symbol.reason);
    const checks = REASONS.map((name, index) => ({
      name,
      value: 20 + index * 7.3,
      limit: 42 - index,
      pass: failing === -1 ? symbol.reason === 'BB_TOUCH_RECOVERY' : index !== failing && index % 4 !== 3,
    }));
    return {
      ok: true,
      symbol: symbol.symbol,
      at: this.#iso(-MINUTE_MS),
      regime: symbol.regime,
      decision: holds ? 'HOLD' : 'NO_ENTRY',
      reason: holds ? 'POSITION' : symbol.reason,
      checks,
    };
  }

  #account() {
    const held = this.#symbols.reduce((sum, one) => sum + multiply(one.quantity, fromNumber(one.price)), 0n);
    const isEmpty = this.#scenario === 'empty';
    return {
      cash: formatDecimal(this.#cash),
      reserved: isEmpty ? '0' : '250000',
      equity: formatDecimal(this.#cash + held),
      exposure: formatDecimal(held),
      referenceEquity: isEmpty ? null : '10588112.4',
      day: {
        day: '2026-11-23',
        profit: isEmpty ? '0' : '-121460.37',
        entries: isEmpty ? 0 : 5,
        lossesInRow: isEmpty ? 0 : 1,
      },
      paused: this.#paused,
      halted: this.#halted,
      deposits: '10000000',
      withdrawals: '0',
    };
  }

  #cluster() {
    const isTrouble = this.#scenario === 'trouble';
    return {
      pods: [
        { pod: 'pod-a', live: true, symbols: 3, draining: false, heartbeatAgeMs: 400 },
        {
          pod: 'pod-b',
          live: !isTrouble,
          symbols: isTrouble ? 1 : 2,
          draining: false,
          heartbeatAgeMs: isTrouble ? 8_200 : 600,
        },
      ],
      symbols: this.#symbols.map(({ symbol, mode }) => ({ symbol, owner: this.#owner(symbol), epoch: 3, mode })),
    };
  }

  #owner(symbol: string): string | null {
    if (symbol === 'KRW-XRP' && this.#scenario === 'trouble') return null;
    return symbol < 'KRW-SOL' ? 'pod-a' : 'pod-b';
  }

  #hold(name: string, quantity: string, price: number): void {
    const symbol = this.#symbols.find((one) => one.symbol === name);
    if (symbol === undefined) return;
    symbol.quantity = parseDecimal(quantity);
    symbol.cost = multiply(symbol.quantity, fromNumber(price));
    symbol.mode = 'holding';
    symbol.openedAt = this.#iso(-94 * MINUTE_MS);
  }

  #breakThings(): void {
    this.#halted = 'the exchange reports a balance that nobody here can explain';
    for (const symbol of this.#symbols) {
      if (symbol.symbol === 'KRW-ETH') [symbol.pausedReason, symbol.mode] = ['news at 15:00', 'paused'];
      if (symbol.symbol === 'KRW-DOGE') [symbol.haltedReason, symbol.mode] = ['crashed three times', 'halted'];
    }
  }

  #event(stream: string, body: Record<string, unknown>): void {
    const channel = stream === 'account' ? 'account' : `symbol:${stream}`;
    this.#tell({ type: 'event', channel, at: this.#iso(0), ...body });
    this.#tell(this.#state(channel));
  }

  #equity(points: number): Record<string, unknown> {
    if (this.#scenario === 'empty') return { points: [], maxDrawdown: null };
    const last = Number(this.#account().equity);
    let equity = last;
    const curve = Array.from({ length: points }, (_, index) => {
      equity *= 1 + (Math.sin(index / 17) * 0.9 + (this.#random() - 0.52)) * 0.0016;
      return {
        at: this.#iso(-(index + 1) * 18 * MINUTE_MS),
        equity: formatDecimal(fromNumber(Math.round(equity))),
        cash: '7412300.5',
      };
    });
    return { points: curve.reverse(), maxDrawdown: '4.37' };
  }

  #candles(symbol: MockSymbol, count: number): CandleJson[] {
    let close = symbol.price;
    const places = symbol.price < 1_000 ? 2 : 0;
    const round = (value: number) => Number(value.toFixed(places));
    const minute = Math.floor(this.#now() / MINUTE_MS) * MINUTE_MS;
    return Array.from({ length: count }, (_, index) => {
      const open = close * (1 + (this.#random() - 0.5) * 0.002);
      const high = Math.max(open, close) * (1 + this.#random() * 0.0006);
      const low = Math.min(open, close) * (1 - this.#random() * 0.0006);
      const candle = {
        openTime: new Date(minute - (index + 1) * MINUTE_MS).toISOString(),
        open: round(open),
        high: round(high),
        low: round(low),
        close: round(close),
        volume: round(this.#random() * 40),
      };
      close = open;
      return candle;
    }).reverse();
  }

  #tell(message: Message): void {
    for (const listener of this.#listeners) listener(message);
  }

  #iso(offsetMs: number): string {
    return new Date(this.#now() + offsetMs).toISOString();
  }
}

function position(symbol: MockSymbol) {
  const { quantity, cost, seq, regime, openedAt } = symbol;
  return {
    symbol: symbol.symbol,
    quantity: formatDecimal(quantity),
    cost: formatDecimal(cost),
    averagePrice: quantity > 0n ? formatDecimal(divide(cost, quantity)) : null,
    realizedPnl: '-119500.5',
    version: seq,
    regime,
    highWaterMark: null,
    openedAt,
    mode: symbol.mode,
  };
}
