/**
 * The commands of `ctl` as data: their flags, the request each makes of them, and what a person should know. Values are
 * passed on as typed, money above all; the engine validates them. Only what can't be meant is caught here.
 */
import type { OkReply } from '../protocol/errors.ts';
import { lines } from './ctl-fields.ts';
import { showAccount, showCash, showFlatten, showLimits } from './ctl-view-account.ts';
import { showCluster, showDrain, showPing, showPod } from './ctl-view-cluster.ts';
import { showExplain, showOrder, showSymbol } from './ctl-view-symbol.ts';

export type Options = Readonly<Record<string, string | undefined>>;

export interface Flag {
  /** As commander reads it: `--side <side>`. Its camelCase name is the field of the request. */
  readonly flags: string;
  readonly describe: string;
  readonly required?: true;
  readonly choices?: readonly string[];
  readonly fallback?: string;
}

export interface CtlCommand {
  readonly name: string;
  readonly describe: string;
  readonly flags: readonly Flag[];
  /** Positional arguments, as commander reads them, and the field of the request they make. */
  readonly positional?: { readonly spec: string; readonly field: string; readonly takes: 'one' | 'many' | 'pairs' };
  /** A question: it carries no id, and its outcome is never unknown. `bare`: when nothing stands behind its name. */
  readonly reads?: true | 'bare';
  readonly examples: readonly string[];
  /** What is obviously wrong with these options; undefined when it is for the engine to judge. */
  readonly check?: (options: Options) => string | undefined;
  /** Fields that follow from others; added to those of the flags. */
  readonly derive?: (options: Options) => Options;
  readonly show: (reply: OkReply) => string;
}

export type Target = 'symbol' | 'account' | 'cluster' | 'pod';

const ID: Flag = {
  flags: '--id <uuid>',
  describe: 'id of the command (default: a new UUIDv7); repeat a command with the same id',
};
const REASON: Flag = { flags: '--reason <text>', describe: 'why: it is kept with the change', required: true };
const BY: Flag = { flags: '--by <name>', describe: 'who asks: kept beside the reason' };
const WHY: Flag = { flags: '--reason <text>', describe: 'why: it is kept with the change' };
const SIDE: Flag = { flags: '--side <side>', describe: 'buy or sell', choices: ['buy', 'sell'], required: true };
const ORDER_ID: Flag = { flags: '--order-id <id>', describe: 'id of the order, as `get` lists it', required: true };
const AMOUNT: Flag = { flags: '--amount <money>', describe: 'decimal such as 1000000', required: true };

const question = (
  name: string,
  describe: string,
  show: CtlCommand['show'],
  examples: readonly string[],
): CtlCommand => ({ name, describe, show, examples, flags: [], reads: true });

const control = (name: string, describe: string, show: CtlCommand['show'], example: string): CtlCommand => ({
  name,
  describe,
  show,
  flags: [REASON, BY, ID],
  examples: [example],
});

const SYMBOL: readonly CtlCommand[] = [
  question('get', 'position, mode, owner and open orders', showSymbol, ['get', 'get --json']),
  question('explain', 'why it does or does not enter, check by check', showExplain, ['explain']),
  {
    name: 'fill',
    describe: 'record an execution made elsewhere',
    flags: [
      SIDE,
      { flags: '--quantity <decimal>', describe: 'quantity executed', required: true },
      { flags: '--price <decimal>', describe: 'price of one unit', required: true },
      { flags: '--fee <decimal>', describe: 'fee paid (default 0)' },
      { flags: '--at <time>', describe: 'when it happened, ISO-8601 UTC (default: now)' },
      ID,
    ],
    examples: [
      'fill --side buy --quantity 0.5 --price 95000000 --fee 23750',
      'fill --side sell --quantity 0.5 --price 96000000 --at 2026-01-31T09:00:00Z',
    ],
    show: showSymbol,
  },
  {
    name: 'order',
    describe: 'place an order at the venue',
    flags: [
      SIDE,
      {
        flags: '--type <type>',
        describe: 'market or limit (default: limit with --price, else market)',
        choices: ['market', 'limit'],
      },
      { flags: '--quantity <decimal>', describe: 'quantity to buy or sell' },
      { flags: '--amount <money>', describe: 'money to spend: for a market buy, in place of --quantity' },
      { flags: '--price <decimal>', describe: 'limit price, a multiple of the tick' },
      { flags: '--time-in-force <word>', describe: 'GTC, IOC or FOK, as far as the venue takes it' },
      ID,
    ],
    check: checkOrder,
    derive: ({ type, price }) => ({ type: type ?? (price === undefined ? 'market' : 'limit') }),
    examples: [
      'order --side buy --amount 100000',
      'order --side sell --quantity 0.001',
      'order --side buy --quantity 0.001 --price 95000000',
    ],
    show: showOrder,
  },
  {
    name: 'cancel',
    describe: 'cancel an open order',
    flags: [ORDER_ID, WHY, ID],
    examples: ['cancel --order-id 0197c0de-0000-7000-8000-000000000001'],
    show: showOrder,
  },
  {
    name: 'flatten',
    describe: 'sell the whole position at market; an entry on its way is cancelled',
    flags: [{ ...WHY, fallback: 'flattened by hand' }, BY, ID],
    examples: ['flatten --reason "leaving for the weekend"'],
    show: showSymbol,
  },
  control('pause', 'no new entries; exits go on working', showSymbol, 'pause --reason "news at ten"'),
  control('resume', 'ends a pause or a halt', showSymbol, 'resume --reason "looked at it: the order was filled"'),
  control(
    'halt',
    'a person must look: no entries until resumed; exits go on working',
    showSymbol,
    'halt --reason "numbers differ"',
  ),
  {
    name: 'resolve',
    describe: 'settle by hand an order whose fate is unknown, after you looked at the venue',
    flags: [
      ORDER_ID,
      {
        flags: '--outcome <outcome>',
        describe: 'what you found: rejected, cancelled or filled',
        choices: ['rejected', 'cancelled'],
        required: true,
      },
      REASON,
      ID,
    ],
    examples: [
      'resolve --order-id 0197c0de-0000-7000-8000-000000000001 --outcome cancelled --reason "not at the venue"',
    ],
    show: showSymbol,
  },
];

const ACCOUNT: readonly CtlCommand[] = [
  question('get', 'cash, equity, exposure, the day, and whether entries are open', showAccount, ['get', 'get --json']),
  {
    name: 'deposit',
    describe: 'add cash',
    flags: [AMOUNT, WHY, ID],
    examples: ['deposit --amount 1000000'],
    show: showCash,
  },
  {
    name: 'withdraw',
    describe: 'take free cash out',
    flags: [AMOUNT, WHY, ID],
    examples: ['withdraw --amount 1000000'],
    show: showCash,
  },
  control('pause', 'no new entries in any symbol; exits go on working', showAccount, 'pause --reason "news at ten"'),
  control('resume', 'ends a pause or a halt', showAccount, 'resume --reason "all accounted for"'),
  control(
    'halt',
    'a person must look: no entries anywhere until resumed',
    showAccount,
    'halt --reason "numbers differ"',
  ),
  {
    name: 'flatten',
    describe: 'pause entries and sell everything that is held, at market',
    flags: [REASON, BY, ID],
    examples: ['flatten --reason "leaving the market"'],
    show: showFlatten,
  },
  {
    name: 'limits',
    describe: 'the risk limits and whether they are enforced; with name=value: set some of them',
    positional: { spec: '[name=value...]', field: 'limits', takes: 'pairs' },
    flags: [WHY, BY, ID],
    reads: 'bare',
    examples: [
      'limits',
      'limits positionsMax=3 dailyLossShareMax=2% --reason "calm down"',
      'limits positionsMax=default --reason "as before"',
    ],
    show: showLimits,
  },
];

const CLUSTER: readonly CtlCommand[] = [
  question('get', 'Pods, and who owns which symbol', showCluster, ['get']),
  question('symbols', 'the symbols the engine knows', showCluster, ['symbols']),
  {
    name: 'add',
    describe: 'trade further symbols from now on',
    positional: { spec: '<symbols...>', field: 'symbols', takes: 'many' },
    flags: [WHY, ID],
    examples: ['add KRW-ADA KRW-DOT'],
    show: showCluster,
  },
  {
    name: 'remove',
    describe: 'stop trading symbols; refused while one holds a position or an open order',
    positional: { spec: '<symbols...>', field: 'symbols', takes: 'many' },
    flags: [WHY, ID],
    examples: ['remove KRW-ADA'],
    show: showCluster,
  },
  {
    name: 'drain',
    describe: 'let a Pod finish its work, give its symbols back and end',
    positional: { spec: '<pod>', field: 'pod', takes: 'one' },
    flags: [WHY, ID],
    examples: ['drain pod-3 --reason "moving to another machine"'],
    show: showDrain,
  },
];

const POD: readonly CtlCommand[] = [
  question('get', 'what this Pod serves and has counted', showPod, ['get']),
  question('ping', 'whether the Pod answers', showPing, ['ping']),
];

export const CTL_COMMANDS: Readonly<Record<Target, readonly CtlCommand[]>> = {
  symbol: SYMBOL,
  account: ACCOUNT,
  cluster: CLUSTER,
  pod: POD,
};

/** The body of the request: what was typed, as text, under the names of the wire. */
export function requestBody(
  command: CtlCommand,
  options: Options,
  positional: readonly string[],
  newId: () => string,
): Record<string, unknown> {
  const typed = Object.entries({ ...options, ...command.derive?.(options) }).filter(([, value]) => value !== undefined);
  const body: Record<string, unknown> = Object.fromEntries(typed);
  if (command.positional !== undefined) {
    const values = positional.flatMap((value) => value.split(',')).filter((value) => value !== '');
    if (command.reads === 'bare' && values.length === 0) return {};
    const { field, takes } = command.positional;
    body[field] = takes === 'many' ? values : takes === 'pairs' ? pairsOf(values) : values[0];
  }
  if (command.reads === true) return body;
  return { ...body, id: options.id ?? newId() };
}

/** `name=value` as fields; `default` is told as null. */
function pairsOf(values: readonly string[]): Record<string, string | null> {
  return Object.fromEntries(
    values.map((pair) => {
      const [name = '', value = ''] = pair.split('=', 2);
      return [name.trim(), value.trim() === 'default' ? null : value.trim()];
    }),
  );
}

function checkOrder({ type, quantity, amount, price }: Options): string | undefined {
  if (quantity === undefined && amount === undefined) return 'an order needs --quantity, or --amount for a market buy';
  if (quantity !== undefined && amount !== undefined) return 'give --quantity or --amount, one of the two';
  if (type === 'limit' && price === undefined) return 'a limit order needs --price';
  if (type === 'market' && price !== undefined) return 'a market order takes no --price';
  return undefined;
}

/** The examples under a help text. */
export function exampleText(prefix: string, examples: readonly string[]): string {
  return lines('', 'Examples:', ...examples.map((example) => `  ${prefix} ${example}`));
}
