/** What a minute of a backtest costs beside the indicators it cannot do without, and what millions of them take of memory. */
import { interleave } from '../harness/interleave.ts';
import { ratioBetween } from '../harness/row-groups.ts';
import { isAsked, type Row, type Suite, type SuiteContext, type SuiteResult, type Target } from '../harness/suite.ts';
import { BASELINE, coinpilot, marketView, tradingSignals } from './contenders.ts';
import { marketMinutes } from './market.ts';
import { MEMORY, measureMemory } from './memory.ts';

const MINUTES = 'minutes';
const ROUNDS = 5;
const SEED = 20_261_123;
/** Half a year: long enough that the regime is known and the volatility has its 2,160 hours. */
const MARKET_MINUTES = 260_000;
const MEMORY_MINUTES = 5_000_000;
const QUICK = { market: 60_000, memory: 200_000 };

export const backtest: Suite = {
  name: 'backtest',
  title: 'minutes through indicators, strategy, risk, account and paper fills; memory of millions of them',
  baseline: BASELINE,
  scenarios: [MINUTES, MEMORY],
  contenders: [BASELINE, 'market-view', 'coinpilot'],
  run,
};

async function run(context: SuiteContext): Promise<SuiteResult> {
  const isChosen = (scenario: string) => context.scenarios.length === 0 || context.scenarios.includes(scenario);
  const rows: Row[] = [];
  const keep = (measured: readonly Row[]) => {
    rows.push(...measured);
    context.finished(measured);
  };
  if (isChosen(MINUTES)) keep(await measureMinutes(context));
  if (isChosen(MEMORY) && isAsked('coinpilot', BASELINE, context)) {
    context.progress(MEMORY);
    keep([await measureMemory(context.isQuick ? QUICK.memory : MEMORY_MINUTES, SEED)]);
  }
  return { rows, targets: targets(rows, context) };
}

function measureMinutes(context: SuiteContext): Promise<readonly Row[]> {
  context.progress(MINUTES);
  const candles = [...marketMinutes(context.isQuick ? QUICK.market : MARKET_MINUTES, SEED)];
  return interleave({
    scenario: MINUTES,
    contenders: [tradingSignals(candles), marketView(candles), coinpilot(candles)].filter(({ name }) =>
      isAsked(name, BASELINE, context),
    ),
    baseline: BASELINE,
    rounds: context.rounds ?? (context.isQuick ? 2 : ROUNDS),
    warmUpMs: context.isQuick ? 200 : 1_000,
    sliceMs: context.isQuick ? 100 : 1_000,
  });
}

function targets(rows: readonly Row[], { isQuick }: SuiteContext): readonly Target[] {
  const memory = rows.find(({ figure }) => figure !== undefined)?.figure?.value ?? Number.NaN;
  const all: readonly Target[] = [
    {
      text: `a backtest's minutes a second against the indicators of ${BASELINE} alone`,
      measured: 100 * ratioBetween(rows, MINUTES, 'coinpilot', BASELINE),
      atLeast: 55,
      aim: 75,
      unit: '%',
    },
    {
      text: 'resident memory for 5 million minutes',
      measured: isQuick ? Number.NaN : memory,
      atLeast: 300,
      aim: 250,
      isCeiling: true,
      unit: 'MB',
    },
  ];
  return all.filter(({ measured }) => Number.isFinite(measured));
}
