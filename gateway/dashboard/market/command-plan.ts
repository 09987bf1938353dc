/**
 * What a command will do, in numbers, before anybody confirms it. Pure: from what the page knows at that moment.
 *
 * The engine decides by what it knows then; a plan says so where the two may differ (the price of a market order).
 */
import type { AccountView, CommandName, SymbolView } from '../store/types.ts';
import { isHeld, positionNumbers } from './position-numbers.ts';
import { type Words, words } from './words.ts';

/** `flatten` is for one symbol: the account has no such command. */
export type CommandTarget =
  | { readonly target: 'symbol'; readonly symbol: string; readonly command: CommandName }
  | { readonly target: 'account'; readonly command: Exclude<CommandName, 'flatten'> };

/** What the page knows when the plan is made; a price too old to trust comes with its age, one of a candle with its time. */
export interface KnownState {
  readonly view: SymbolView | undefined;
  readonly price:
    | { readonly value: string; readonly ageSeconds: number | null; readonly closedAt: string | null }
    | undefined;
  readonly account: AccountView | undefined;
  /** Symbols the engine serves, and how many of them hold something. */
  readonly symbols: number;
  readonly holding: number;
}

/** How numbers are written for the reader. */
export interface NumberWriter {
  krw(amount: string): string;
  quantity(quantity: string, symbol: string): string;
  price(price: string): string;
  percent(percent: string): string;
  /** Of ISO-8601. */
  time(at: string): string;
}

export interface CommandPlan {
  readonly effects: readonly Words[];
  /** What the reader should know beside the effects. */
  readonly cautions: readonly Words[];
  /** What a person types to confirm a command that can't be taken back; null when a click will do. */
  readonly confirmation: string | null;
}

export function commandPlan(target: CommandTarget, known: KnownState, write: NumberWriter): CommandPlan {
  const confirmation = confirmationOf(target);
  if (target.target === 'account') return { ...accountPlan(target.command, known, write), confirmation };
  const { symbol, command } = target;
  if (known.view === undefined) {
    return { effects: [words(`dialog.${command}.blind`, { symbol })], cautions: [], confirmation };
  }
  if (command === 'flatten') return { ...flattenPlan(symbol, known.view, known, write), confirmation };
  if (command === 'resume') return { ...resumeSymbolPlan(symbol, known.view, known.account), confirmation };
  return { ...stopSymbolPlan(command, symbol, known.view, write), confirmation };
}

type Sentences = Pick<CommandPlan, 'effects' | 'cautions'>;

/** Halting and selling ask for a second deliberate step. */
function confirmationOf(target: CommandTarget): string | null {
  if (target.command !== 'halt' && target.command !== 'flatten') return null;
  return target.target === 'symbol' ? target.symbol : 'HALT';
}

/** Whether what was typed is the confirmation asked for; case and spaces around it are forgiven. */
export function isConfirmed(plan: CommandPlan, typed: string): boolean {
  return plan.confirmation === null || typed.trim().toUpperCase() === plan.confirmation.toUpperCase();
}

function flattenPlan(symbol: string, view: SymbolView, known: KnownState, write: NumberWriter): Sentences {
  const resting = view.openOrders.length;
  const cancels = resting > 0 ? [words('dialog.flatten.cancels', { count: String(resting) })] : [];
  if (!isHeld(view.position)) {
    return { effects: [words('dialog.flatten.empty', { symbol }), ...cancels], cautions: [] };
  }
  const quantity = write.quantity(view.position.quantity, symbol);
  const numbers = positionNumbers(view.position, known.price?.value, view.exits);
  const cautions: Words[] = [];
  const effects: Words[] = [];
  if (known.price === undefined || numbers.value === null || numbers.profit === null) {
    effects.push(words('dialog.flatten.sellsUnpriced', { quantity }));
  } else {
    const { value, profit, profitPercent } = numbers;
    const price = write.price(known.price.value);
    effects.push(words('dialog.flatten.sells', { quantity, amount: write.krw(value), price }));
    const average = view.position.averagePrice === null ? '–' : write.price(view.position.averagePrice);
    const isLoss = profit.startsWith('-');
    // "Loss about 500", not "loss about −500".
    const size = (decimal: string): string => decimal.replace('-', '');
    const percent = profitPercent === null ? '–' : write.percent(size(profitPercent));
    const values = { profit: write.krw(size(profit)), percent };
    effects.push(words(isLoss ? 'dialog.flatten.loses' : 'dialog.flatten.earns', { ...values, average }));
    if (known.price.closedAt !== null) {
      cautions.push(words('dialog.flatten.closePrice', { time: write.time(known.price.closedAt) }));
    } else if (known.price.ageSeconds !== null) {
      cautions.push(words('dialog.flatten.oldPrice', { seconds: String(known.price.ageSeconds) }));
    }
  }
  effects.push(...cancels);
  if (view.pausedReason === null && view.haltedReason === null) cautions.push(words('dialog.flatten.reenters'));
  return { effects, cautions: [...cautions, words('dialog.flatten.final')] };
}

function stopSymbolPlan(command: 'pause' | 'halt', symbol: string, view: SymbolView, write: NumberWriter): Sentences {
  const effects = [words(`dialog.${command}.symbol`, { symbol })];
  if (!isHeld(view.position)) effects.push(words('dialog.stop.holdsNothing', { symbol }));
  else {
    const quantity = write.quantity(view.position.quantity, symbol);
    effects.push(
      view.exits === null
        ? words('dialog.stop.keepsWithoutLevels', { quantity })
        : words('dialog.stop.keeps', {
            quantity,
            stop: write.price(view.exits.stop),
            target: write.price(view.exits.target),
          }),
    );
  }
  const cautions = [words(command === 'halt' ? 'dialog.halt.until' : 'dialog.pause.until')];
  if (view.haltedReason !== null) cautions.push(words('dialog.stop.alreadyHalted', { reason: view.haltedReason }));
  else if (view.pausedReason !== null) {
    cautions.push(words('dialog.stop.alreadyPaused', { reason: view.pausedReason }));
  }
  return { effects, cautions };
}

function resumeSymbolPlan(symbol: string, view: SymbolView, account: AccountView | undefined): Sentences {
  const effects = ends(view.pausedReason, view.haltedReason);
  if (effects.length === 0) return { effects: [words('dialog.resume.nothing')], cautions: [] };
  effects.push(words('dialog.resume.symbol', { symbol }));
  const blocked = account !== undefined && (account.paused !== null || account.halted !== null);
  return { effects, cautions: blocked ? [words('dialog.resume.accountStopped')] : [] };
}

function accountPlan(command: 'pause' | 'resume' | 'halt', known: KnownState, write: NumberWriter): Sentences {
  const { account, symbols, holding } = known;
  if (account === undefined) return { effects: [words(`dialog.${command}.accountBlind`)], cautions: [] };
  if (command === 'resume') {
    const effects = ends(account.paused, account.halted);
    if (effects.length === 0) return { effects: [words('dialog.resume.nothing')], cautions: [] };
    return { effects: [...effects, words('dialog.resume.account')], cautions: [words('dialog.resume.ownStops')] };
  }
  const effects = [
    words(`dialog.${command}.account`, { symbols: String(symbols) }),
    holding === 0
      ? words('dialog.stop.accountHoldsNothing')
      : words('dialog.stop.accountKeeps', { count: String(holding), exposure: write.krw(account.exposure) }),
  ];
  const cautions = [words(command === 'halt' ? 'dialog.halt.until' : 'dialog.pause.until')];
  if (account.halted !== null) cautions.push(words('dialog.stop.alreadyHalted', { reason: account.halted }));
  else if (account.paused !== null) cautions.push(words('dialog.stop.alreadyPaused', { reason: account.paused }));
  return { effects, cautions };
}

function ends(paused: string | null, halted: string | null): Words[] {
  const effects: Words[] = [];
  if (halted !== null) effects.push(words('dialog.resume.endsHalt', { reason: halted }));
  if (paused !== null) effects.push(words('dialog.resume.endsPause', { reason: paused }));
  return effects;
}
