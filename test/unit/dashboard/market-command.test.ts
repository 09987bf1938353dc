import { describe, expect, it } from 'vitest';
import { MARKET_TEXTS } from '../../../gateway/dashboard/i18n/market.ts';
import { fillText } from '../../../gateway/dashboard/i18n/texts.ts';
import { commandAnswer } from '../../../gateway/dashboard/market/command-answer.ts';
import { commandId } from '../../../gateway/dashboard/market/command-id.ts';
import {
  type CommandPlan,
  type CommandTarget,
  commandPlan,
  isConfirmed,
  type KnownState,
} from '../../../gateway/dashboard/market/command-plan.ts';
import { NUMBER_WRITER } from '../../../gateway/dashboard/market/number-writer.ts';
import type { AccountView, CommandName } from '../../../gateway/dashboard/store/types.ts';
import { uuidTime } from '../../../protocol/messages.ts';
import { SYMBOL, viewOf } from './market-builders.ts';

const HELD = {
  quantity: '0.5',
  cost: '47500000',
  exits: { stop: '92150000', target: '99750000', stopReason: 'STOP_LOSS' },
};
const ACCOUNT: AccountView = {
  cash: '5000000',
  reserved: '0',
  equity: '53000000',
  exposure: '48000000',
  referenceEquity: null,
  day: { day: '2026-01-31', profit: '0', entries: 0, lossesInRow: 0, netDeposits: null, equityProfit: null },
  limits: null,
  paused: null,
  halted: null,
  stops: [],
  deposits: '10000000',
  withdrawals: '0',
};

const symbol = (command: CommandName): CommandTarget => ({ target: 'symbol', symbol: SYMBOL, command });
const known = (parts: Partial<KnownState> = {}): KnownState => ({
  view: viewOf(HELD),
  price: { value: '96000000', ageSeconds: null, closedAt: null },
  account: ACCOUNT,
  symbols: 5,
  holding: 1,
  ...parts,
});
const plan = (target: CommandTarget, state: KnownState): CommandPlan => commandPlan(target, state, NUMBER_WRITER);
const english = ({ effects, cautions }: CommandPlan): string[] =>
  [...effects, ...cautions].map(({ key, values }) => fillText(MARKET_TEXTS[key], 'en', values));

describe('what a command will do', () => {
  it('spells out what flatten sells, for how much, and with what profit', () => {
    // 0.5 × 96,000,000 = 48,000,000; less the cost of 47,500,000 is 500,000, 1.05 % of the cost.
    expect(english(plan(symbol('flatten'), known()))).toEqual([
      'Sells 0.5 BTC at market: about ₩48,000,000, at ₩96,000,000 now.',
      'Profit about ₩500,000 (1.05 %) against the average ₩95,000,000, before fees and slippage.',
      'The strategy may enter again later. Pause the symbol as well if it must not.',
      'A sale can’t be taken back.',
    ]);
  });

  it('calls a loss a loss', () => {
    const text = english(
      plan(symbol('flatten'), known({ price: { value: '94000000', ageSeconds: null, closedAt: null } })),
    );
    expect(text[1]).toBe('Loss about ₩500,000 (1.05 %) against the average ₩95,000,000, before fees and slippage.');
  });

  it('says how old the price is when it stands still, and names no amount without a price', () => {
    const old = english(
      plan(symbol('flatten'), known({ price: { value: '96000000', ageSeconds: 42, closedAt: null } })),
    );
    expect(old).toContain('The price is 42 s old: the market may be elsewhere.');
    const price = { value: '96000000', ageSeconds: 42, closedAt: '2026-01-31T05:03:00.000Z' };
    expect(english(plan(symbol('flatten'), known({ price })))).toContain(
      'The price is a close of 01-31 05:03 UTC, no trade has been heard since: the market may be elsewhere.',
    );
    const none = english(plan(symbol('flatten'), known({ price: undefined })));
    expect(none[0]).toBe('Sells 0.5 BTC at market. No price is known here, so the amount is not either.');
  });

  it('says that flatten sells nothing when nothing is held, and that a resting order is cancelled', () => {
    const text = english(plan(symbol('flatten'), known({ view: viewOf({ openOrders: [{ id: 'a' }] }) })));
    expect(text[0]).toBe('KRW-BTC holds nothing: nothing will be sold.');
    expect(text[1]).toContain('(1 open order)');
  });

  it('does not warn of another entry when the symbol is paused already', () => {
    const paused = viewOf({ ...HELD, pausedReason: 'news' });
    expect(plan(symbol('flatten'), known({ view: paused })).cautions.map(({ key }) => key)).toEqual([
      'dialog.flatten.final',
    ]);
  });

  it('says that exits go on while entries are paused or halted, with their levels', () => {
    for (const command of ['pause', 'halt'] as const) {
      expect(english(plan(symbol(command), known()))[1]).toBe(
        'Exits go on: 0.5 BTC is held, sold at ₩92,150,000 (stop) or ₩99,750,000 (target).',
      );
    }
  });

  it('names the reasons that resume ends, and that a stopped account still refuses entries', () => {
    const view = viewOf({ pausedReason: 'news', haltedReason: 'odd fill' });
    const text = english(plan(symbol('resume'), known({ view, account: { ...ACCOUNT, halted: 'audit' } })));
    expect(text.slice(0, 2)).toEqual(['Ends the halt “odd fill”.', 'Ends the pause “news”.']);
    expect(text.at(-1)).toContain('The account is paused or halted');
    expect(english(plan(symbol('resume'), known()))).toEqual(['It is neither paused nor halted: nothing changes.']);
  });

  it('counts what an account-wide stop touches', () => {
    expect(english(plan({ target: 'account', command: 'halt' }, known())).slice(0, 2)).toEqual([
      'No new entries in any of the 5 symbols, and everybody sees that a person must look.',
      'Exits go on: what the strategy bought keeps its stop and target (positions: 1, exposure: ₩48,000,000).',
    ]);
  });

  it('still tells what it does when the state is not known yet', () => {
    for (const command of ['pause', 'resume', 'halt', 'flatten'] as const) {
      expect(plan(symbol(command), known({ view: undefined })).effects).toHaveLength(1);
    }
    for (const command of ['pause', 'resume', 'halt'] as const) {
      expect(plan({ target: 'account', command }, known({ account: undefined })).effects).toHaveLength(1);
    }
  });

  it('asks for a typed word before it halts or sells, and for none before it pauses or resumes', () => {
    expect(isConfirmed(plan(symbol('flatten'), known()), '')).toBe(false);
    expect(isConfirmed(plan(symbol('flatten'), known()), ' krw-btc ')).toBe(true);
    expect(isConfirmed(plan({ target: 'account', command: 'halt' }, known()), 'halt')).toBe(true);
    expect(isConfirmed(plan(symbol('halt'), known()), 'KRW-ETH')).toBe(false);
    expect(isConfirmed(plan(symbol('pause'), known()), '')).toBe(true);
    expect(isConfirmed(plan(symbol('resume'), known()), '')).toBe(true);
  });
});

describe('the answer to a command', () => {
  it('tells the mode after it was done', () => {
    const answer = commandAnswer(symbol('pause'), { ok: true, mode: 'paused' });
    expect(answer).toMatchObject({ tone: 'done', repeatable: false });
    expect(answer.headline).toEqual({ key: 'answer.done.pause', values: { symbol: SYMBOL, mode: 'paused' } });
  });

  it('offers the same command again when nobody knows its outcome', () => {
    const unknown = { ok: false, error: { code: 'OUTCOME_UNKNOWN', message: 'no answer' } };
    for (const reply of [undefined, unknown, { ok: false }]) {
      expect(commandAnswer(symbol('flatten'), reply)).toMatchObject({ tone: 'unknown', repeatable: true });
    }
  });

  it('repeats what the engine wants repeated, and no definitive refusal', () => {
    const repeatable = (code: string) =>
      commandAnswer(symbol('flatten'), { ok: false, error: { code, message: '' } }).repeatable;
    expect(['BUSY', 'UNAVAILABLE', 'NOT_OWNER', 'FENCED'].map(repeatable)).toEqual([true, true, true, true]);
    expect(['INVALID', 'REFUSED', 'EXPIRED', 'INTERNAL', 'NEW_CODE'].map(repeatable)).toEqual(Array(5).fill(false));
  });

  it('shows a code it has no words for as the engine wrote it', () => {
    const answer = commandAnswer(symbol('halt'), { ok: false, error: { code: 'NEW_CODE', message: 'because' } });
    expect(answer).toMatchObject({ tone: 'refused', advice: null, original: 'NEW_CODE: because' });
  });
});

describe('the id of a command', () => {
  it('is a UUID of version 7 that holds its time', () => {
    const at = Date.parse('2026-01-31T09:00:00.123Z');
    const id = commandId(at, new Uint8Array(10).fill(0xff));
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(uuidTime(id)).toBe(at);
  });
});
