/** What a person reads of the account. Replies are taken as the wire contract gives them; what is missing is left out. */
import type { OkReply } from '../protocol/errors.ts';
import { type Fields, fieldsOf, lines, listOf, money, text } from './ctl-fields.ts';
import { duration, grouped, labelled, table } from './table.ts';

export function showAccount(reply: OkReply): string {
  const account = fieldsOf(reply.account);
  const day = fieldsOf(account.day);
  const limits = fieldsOf(account.limits);
  return labelled([
    ['cash', money(account.cash)],
    ['reserved', money(account.reserved)],
    ['exposure', money(account.exposure)],
    ['equity', money(account.equity)],
    ['equity at start of day', money(account.referenceEquity)],
    ['deposits', money(account.deposits)],
    ['withdrawals', money(account.withdrawals)],
    ['day', text(day.day)],
    ['paid in that day', money(day.netDeposits)],
    ['profit of the day', money(day.equityProfit)],
    ['realized that day', money(day.profit)],
    ['entries of the day', used(day.entries, limits.dailyEntriesMax)],
    ['losses in a row', used(day.lossesInRow, limits.lossesInARowMax)],
    ['limits enforced', enforced(limits.enforced)],
    ['entries', entriesAre(account)],
  ]);
}

export function showCash(reply: OkReply): string {
  const account = fieldsOf(reply.account);
  return labelled([
    ['cash', money(account.cash)],
    ['reserved', money(account.reserved)],
    ['deposits', money(account.deposits)],
    ['withdrawals', money(account.withdrawals)],
  ]);
}

export function showFlatten(reply: OkReply): string {
  const rows = listOf(reply.symbols).map((row) => [
    text(row.symbol) ?? '',
    text(row.state) ?? '',
    text(row.reason) ?? '',
  ]);
  const entries = labelled([['entries', entriesAre(fieldsOf(reply.account))]]);
  return rows.length === 0
    ? lines(entries, 'nothing is held')
    : lines(entries, '', table(['symbol', 'sale', ''], rows));
}

export function showLimits(reply: OkReply): string {
  const set = fieldsOf(reply.set);
  const rows = Object.entries(fieldsOf(reply.limits)).map(([name, value]) => [
    words(name),
    limitText(name, value),
    name,
    name in set ? 'set by hand' : '',
  ]);
  return lines(
    labelled([
      ['enforced', enforced(reply.enforced)],
      ['entries', entriesAre(fieldsOf(reply.account))],
    ]),
    '',
    table(['limit', 'value', 'name', ''], rows, ['value']),
  );
}

function enforced(value: unknown): string | null {
  if (typeof value !== 'boolean') return null;
  return value ? 'yes' : 'no (--risk off)';
}

function used(value: unknown, limit: unknown): string | null {
  return limit === undefined ? text(value) : `${text(value)} of ${text(limit)}`;
}

/** "open", or why not, loudest first. */
function entriesAre(account: Fields): string {
  if (typeof account.halted === 'string') return `HALTED: ${account.halted}`;
  return typeof account.paused === 'string' ? `paused: ${account.paused}` : 'open';
}

function limitText(name: string, value: unknown): string {
  if (typeof value !== 'number') return String(value);
  if (name.endsWith('Ms')) return duration(value);
  return /Share/.test(name) ? `${Number((value * 100).toFixed(4))} %` : grouped(String(value));
}

/** `lossesInARowMax` reads "losses in a row max"; a unit at the end is told with the value. */
function words(name: string): string {
  return name.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
