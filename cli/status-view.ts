/** The live status of an engine in a terminal: one screen, redrawn in place, cut to what the terminal can show. */

import { formatDecimal } from '../domain/money.ts';
import { type ClosedTrade, type ClosedTradeJson, closedTradeJson } from '../domain/trade.ts';
import type { Engine } from '../supervisors/roles/engine.ts';
import type { SymbolHost } from '../supervisors/symbol-host.ts';

const REDRAW_MS = 500;
const TRADES_SHOWN = 8;
const SYMBOLS_SHOWN = 20;
/** Of a terminal that does not tell its size. */
const WIDTH = 100;
const HEIGHT = 50;

export class StatusView {
  readonly #engine: Engine;
  readonly #trades: ClosedTradeJson[] = [];
  #timer: NodeJS.Timeout | undefined;
  #account = '';
  #rows = 0;
  #rate = 0;
  #drawn = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  trade(trade: ClosedTrade): void {
    this.#trades.push(closedTradeJson(trade));
    if (this.#trades.length > TRADES_SHOWN) this.#trades.shift();
  }

  /** `earlier`: the last trades the ledger holds, the latest last. */
  start(earlier: readonly ClosedTradeJson[]): void {
    this.#trades.splice(0, this.#trades.length, ...earlier.slice(-TRADES_SHOWN));
    this.#timer = setInterval(() => void this.#draw(), REDRAW_MS);
    void this.#draw();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #draw(): Promise<void> {
    await this.#readAccount();
    const { columns = WIDTH, rows = HEIGHT } = process.stdout;
    // The line of the cursor stays free: what scrolls out of the screen can't be redrawn.
    const lines = this.#lines(rows - 1);
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : '';
    this.#drawn = lines.length;
    process.stdout.write(`${up}${lines.map((line) => `\u001b[2K${line.slice(0, columns)}\n`).join('')}\u001b[J`);
  }

  async #readAccount(): Promise<void> {
    try {
      const reply = await this.#engine.context.pod.account?.get();
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

  /** At most `height` lines: the trades give way first, then the symbols. */
  #lines(height: number): string[] {
    const top = this.#head();
    const end = ['', 'Ctrl-C stops cleanly. From another terminal: npx coinpilot ctl symbol KRW-BTC explain'];
    const hosts = [...(this.#engine.context.pod.symbols?.hosts.values() ?? [])].slice(0, SYMBOLS_SHOWN);
    const table = [
      'symbol      mode       price            quantity          average           high since entry',
      ...hosts.map(symbolLine),
    ];
    const room = Math.min(TRADES_SHOWN, height - top.length - table.length - end.length - 2);
    const shown = room > 0 ? this.#trades.slice(-room) : [];
    const blank: string[] = room > 0 ? Array(room - shown.length).fill('') : [];
    const trades = room > 0 ? ['', 'last trades', ...shown.map(tradeLine), ...blank] : [];
    return [...top, ...table, ...trades, ...end].slice(0, Math.max(1, height));
  }

  #head(): string[] {
    const engine = this.#engine.context;
    const { rows, commits } = engine.commits;
    const fresh = Math.max(0, rows - this.#rows) * (1_000 / REDRAW_MS);
    this.#rate = this.#rate * 0.7 + fresh * 0.3;
    this.#rows = rows;
    const time = engine.marketTime;
    const market =
      time === undefined ? 'waiting for the market' : new Date(time).toISOString().replace('T', ' ').slice(0, 19);
    const last = engine.pod.stats.lastEvent;
    return [
      `CoinPilot  ${engine.config.feed.kind} market, paper money, preset ${engine.config.preset.name}   ${engine.ready ? 'serving' : 'NOT READY'}`,
      `market time ${market} UTC   NATS ${engine.natsUrl}   status ${engine.http?.url}`,
      this.#account,
      `${commits} commits, ${rows} rows, ${this.#rate.toFixed(1)} rows/s   last event: ${last?.text ?? '–'}`,
      '',
    ];
  }
}

function symbolLine(host: SymbolHost): string {
  const state = host.actor?.state;
  const position = state?.position;
  const held = position !== undefined && position.quantity > 0n;
  const average = held ? formatDecimal((position.cost * 100_000_000n) / position.quantity) : '';
  const mark = state?.trade === null || state?.trade === undefined ? '' : formatDecimal(state.trade.highWaterMark);
  const price = host.actor?.lastPrice;
  return [
    host.symbol.padEnd(11),
    host.mode.padEnd(10),
    (price === undefined || price === null ? '–' : grouped(String(price))).padEnd(16),
    (held ? formatDecimal(position.quantity) : '–').padEnd(17),
    shorten(grouped(average)).padEnd(17),
    shorten(grouped(mark)),
  ].join(' ');
}

function tradeLine(trade: ClosedTradeJson): string {
  const sign = trade.profit.startsWith('-') ? '' : '+';
  return `  ${trade.exitTime.slice(5, 16).replace('T', ' ')}  ${trade.symbol.padEnd(10)} ${trade.reason.padEnd(15)} ${sign}${krw(trade.profit)}`;
}

function krw(value: string | null | undefined): string {
  if (value === null || value === undefined) return '–';
  return `${grouped(value.split('.')[0] ?? '0')} KRW`;
}

/** A comma between thousands. */
function grouped(decimal: string): string {
  const [whole = '', fraction] = decimal.split('.');
  const commas = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return fraction === undefined ? commas : `${commas}.${fraction}`;
}

function shorten(decimal: string): string {
  return decimal.length > 16 ? decimal.slice(0, 16) : decimal;
}
