/** What a person reads of the account. Replies are taken as the wire contract gives them; what is missing is left out. */
import type { OkReply } from '../protocol/errors.ts';
import { type Fields, fieldsOf, lines, money, text } from './ctl-fields.ts';
import { duration, grouped, labelled, table } from './table.ts';

export function showAccount(reply: OkReply): string {
  const account = fieldsOf(reply.account);
  const day = fieldsOf(account.day);
  return labelled([
    ['cash', money(account.cash)],
    ['reserved', money(account.reserved)],
    ['exposure', money(account.exposure)],
    ['equity', money(account.equity)],
    ['equity at start of day', money(account.referenceEquity)],
    ['deposits', money(account.deposits)],
    ['withdrawals', money(account.withdrawals)],
    ['day', text(day.day)],
    ['profit of the day', money(day.profit)],
    ['entries of the day', text(day.entries)],
    ['losses in a row', text(day.lossesInRow)],
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

export function showLimits(reply: OkReply): string {
  const enforced = reply.enforced === false ? 'no (--risk off)' : 'yes';
  const rows = Object.entries(fieldsOf(reply.limits)).map(([name, value]) => [words(name), limitText(name, value)]);
  return lines(
    labelled([
      ['enforced', enforced],
      ['entries', entriesAre(fieldsOf(reply.account))],
    ]),
    '',
    table(['limit', 'value'], rows, ['value']),
  );
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
