/** Names, options and help of `backtest`. */
import type { Command } from 'commander';

const EXAMPLES = `
Examples:
  coinpilot backtest --data KRW-BTC-1m.csv
  coinpilot backtest --data btc.csv --symbol KRW-BTC --preset v3.2 --set minBounce=2.5 --html btc.html
  coinpilot backtest --data KRW-BTC.csv.gz KRW-XRP.csv.gz --from 2026-01-01 --to 2026-03-01 --json

Candles before --from warm up indicators and regime: give more than you decide on.`;

const collect = (value: string, earlier: string[] = []): string[] => [...earlier, value];

export function registerBacktest(program: Command): void {
  program
    .command('backtest')
    .description('recorded candles or trades through the same strategy, risk, account and paper code as live')
    .option('--data <files...>', 'CSV or JSON, gzip or not: candles (OHLCV, freqtrade, Upbit REST) or trades')
    .option(
      '--symbol <symbol>',
      'symbol of the files, one for each or one for all (default: what rows or name say)',
      collect,
    )
    .option('--preset <name>', 'v1, v3.0, v3.1, v3.2, v3.3 (default) or one of `presets:` in coinpilot.yaml')
    .option('--set <name=value>', 'change one parameter of the preset; repeatable', collect)
    .option('--from <time>', 'decide from this UTC day or minute on; what lies before warms up')
    .option('--to <time>', 'up to this UTC day or minute, not included')
    .option('--fees <percent>', 'fee, percent of each side (default 0.05)')
    .option('--slippage <bps>', 'slippage against you, basis points (default 5)')
    .option('--partial-fill <share>', 'share of an order that fills at each price (default 1)')
    .option('--balance <krw>', 'money to start with (default 10000000)')
    .option(
      '--risk <on|off>',
      'on (default), or off: portfolio limits do not refuse; size, cash and duplicates still do',
    )
    .option('--limit <name=value>', 'a risk limit, such as positionsMax=3 or dailyLossShareMax=2%; repeatable', collect)
    .option('--on-duplicate <rule>', 'two different candles of a minute: refuse (default), first or last holds')
    .option('--seed <n>', 'seed of whatever is drawn at random: nothing at present (default 1)')
    .option('--csv <file>', 'write the trades as CSV')
    .option('--html <file>', 'write a page with curves, candles and tables; needs no network')
    .option('--config <file>', 'settings file (default coinpilot.yaml, when there is one)')
    .option('--json', 'one line of JSON instead of tables')
    .addHelpText('after', EXAMPLES)
    .action(async (options) => (await import('./backtest.ts')).backtestCommand(options));
}
