/** The live status of an engine in a terminal: one screen, redrawn in place. */

import { formatDecimal } from '../domain/money.ts';
import type { ClosedTrade } from '../domain/trade.ts';
import type { Engine } from '../supervisors/roles/engine.ts';

const REDRAW_MS = 500;
const TRADES_SHOWN = 8;

export class StatusView {
  readonly #engine: Engine;
  readonly #trades: ClosedTrade[] = [];
  #timer: NodeJS.Timeout | undefined;
  #account = '';
  #rows = 0;
  #rate = 0;
  #drawn = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  trade(trade: ClosedTrade): void {
    this.#trades.push(trade);
    if (this.#trades.length > TRADES_SHOWN) this.#trades.shift();
  }

  start(): void {
    this.#timer = setInterval(() => void this.#draw(), REDRAW_MS);
    void this.#draw();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #draw(): Promise<void> {
    await this.#readAccount();
    const lines = this.#lines();
    const width = Math.max(40, process.stdout.columns ?? 100);
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : '';
    this.#drawn = lines.length;
    process.stdout.write(up + lines.map((line) => `\u001b[2K${line.slice(0, width)}\n`).join(''));
  }

  async #readAccount(): Promise<void> {
    try {
      const reply = await this.#engine.context.account?.actor.get();
      const account = reply?.ok ? (reply.account as Record<string, string | null>) : undefined;
      if (account === undefined) return;
      const state = account.halted
        ? `HALTED: ${account.halted}`
        : account.paused
          ? `paused: ${account.paused}`
          : 'open';
      this.#account = `equity ${krw(account.equity)}   cash ${krw(account.cash)}   reserved ${krw(account.reserved)}   entries ${state}`;
    } catch {
      this.#account = 'the ledger can not be read at the moment; reconnecting';
    }
  }

  #lines(): string[] {
    const engine = this.#engine.context;
    const { rows, commits } = engine.commits;
    const fresh = Math.max(0, rows - this.#rows) * (1_000 / REDRAW_MS);
    this.#rate = this.#rate * 0.7 + fresh * 0.3;
    this.#rows = rows;
    const time = engine.marketTime;
    const market =
      time === undefined ? 'waiting for the market' : new Date(time).toISOString().replace('T', ' ').slice(0, 19);
    const last = engine.stats.lastEvent;
    return [
      `CoinPilot  ${engine.config.feed.kind} market, paper money, preset ${engine.config.preset.name}   ${engine.ready ? 'serving' : 'NOT READY'}`,
      `NATS ${engine.natsUrl}   status ${engine.http?.url}   market time ${market} UTC`,
      this.#account,
      `${commits} commits, ${rows} rows, ${this.#rate.toFixed(1)} rows/s   last event: ${last?.text ?? '–'}`,
      '',
      'symbol      mode       price            quantity          average           high since entry',
      ...[...(engine.symbols?.hosts.values() ?? [])].slice(0, 20).map(symbolLine),
      '',
      'last trades',
      ...Array.from({ length: TRADES_SHOWN }, (_, index) => tradeLine(this.#trades[index])),
      '',
      'Ctrl-C stops cleanly. From another terminal: npx coinpilot ctl symbol KRW-BTC explain',
    ];
  }
}

type Host = NonNullable<Engine['context']['symbols']>['hosts'] extends ReadonlyMap<string, infer H> ? H : never;

function symbolLine(host: Host): string {
  const state = host.actor?.state;
  const position = state?.position;
  const held = position !== undefined && position.quantity > 0n;
  const average = held ? formatDecimal((position.cost * 100_000_000n) / position.quantity) : '';
  const mark = state?.trade === null || state?.trade === undefined ? '' : formatDecimal(state.trade.highWaterMark);
  return [
    host.symbol.padEnd(11),
    host.mode.padEnd(10),
    String(host.actor?.lastPrice ?? '–').padEnd(16),
    (held ? formatDecimal(position.quantity) : '–').padEnd(17),
    shorten(average).padEnd(17),
    shorten(mark),
  ].join(' ');
}

function tradeLine(trade: ClosedTrade | undefined): string {
  if (trade === undefined) return '';
  const sign = trade.profit >= 0n ? '+' : '';
  return `  ${new Date(trade.exitTime).toISOString().slice(5, 16).replace('T', ' ')}  ${trade.symbol.padEnd(10)} ${trade.reason.padEnd(15)} ${sign}${krw(formatDecimal(trade.profit))}`;
}

function krw(value: string | null | undefined): string {
  if (value === null || value === undefined) return '–';
  const [whole = '0'] = value.split('.');
  return `${whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',')} KRW`;
}

function shorten(decimal: string): string {
  return decimal.length > 16 ? decimal.slice(0, 16) : decimal;
}
