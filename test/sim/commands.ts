/** What clients ask for: every kind of command of the wire contract, with sizes that collide with each other now and then. */
import type { Command } from './client.ts';
import type { Dice } from './dice.ts';

export interface Surroundings {
  /** Symbols a client believes to exist. */
  readonly symbols: readonly string[];
  readonly pods: readonly string[];
  /** Wall time of the client. */
  readonly now: number;
  readonly price: (symbol: string) => number;
  /** Commands this client has sent, the last ones last. */
  readonly sent: readonly Command[];
}

const KINDS = {
  buy: 30,
  sell: 22,
  batch: 10,
  'market buy': 5,
  'market sell': 4,
  'limit order': 3,
  cancel: 2,
  flatten: 4,
  pause: 2,
  resume: 4,
  halt: 1,
  read: 6,
  deposit: 5,
  withdraw: 5,
  account: 2,
  'account pause': 1,
  'account resume': 2,
  cluster: 1,
  add: 1,
  remove: 1,
  drain: 0.4,
} as const;
type Kind = keyof typeof KINDS;

/** The symbol that comes and goes at run time. */
export const EXTRA_SYMBOL = 'KRW-EXTRA';

/** Some commands carry their deadline, so that one that arrives too late changes nothing. */
const DEADLINE_SHARE = 0.15;

export function randomCommand(dice: Dice, surroundings: Surroundings): Command {
  const { symbols, now, price } = surroundings;
  const kind = dice.weighted<Kind>(KINDS);
  const symbol = dice.pick(symbols);
  const id = dice.uuid7(now);
  const on = (command: string, body: Record<string, unknown>): Command => ({
    subject: `cp.symbol.${symbol}.${command}`,
    body,
  });
  const account = (command: string, body: Record<string, unknown>): Command => ({
    subject: `cp.account.${command}`,
    body,
  });
  const cluster = (command: string, body: Record<string, unknown>): Command => ({
    subject: `cp.cluster.${command}`,
    body: { id, ...body },
  });
  const reason = 'the simulator asks for it';
  switch (kind) {
    case 'buy':
    case 'sell': {
      const deadline = dice.chance(DEADLINE_SHARE)
        ? { deadline: new Date(now + dice.integer(500, 9_000)).toISOString() }
        : {};
      return on('fill', { ...fill(dice, kind, id), ...deadline });
    }
    case 'batch':
      return on('fill', {
        fills: Array.from({ length: dice.integer(2, 6) }, () =>
          fill(dice, dice.chance(0.6) ? 'buy' : 'sell', dice.uuid7(now)),
        ),
      });
    case 'market buy':
      return on('order', { id, side: 'buy', type: 'market', amount: String(dice.integer(6_000, 400_000)) });
    case 'market sell':
      return on('order', { id, side: 'sell', type: 'market', quantity: quantity(dice) });
    case 'limit order': {
      const limit = Math.round((price(symbol) * dice.between(0.97, 1.03)) / 1_000) * 1_000;
      const side = dice.pick(['buy', 'sell']);
      return on('order', { id, side, type: 'limit', quantity: quantity(dice), price: String(limit) });
    }
    case 'cancel': {
      const order = surroundings.sent.findLast(({ subject }) => subject.endsWith('.order'));
      if (order === undefined) return on('get', {});
      return { subject: order.subject.replace('.order', '.cancel'), body: { id, orderId: order.body.id } };
    }
    case 'flatten':
    case 'pause':
    case 'resume':
    case 'halt':
      return on(kind, { id, reason });
    case 'read':
      return on(dice.pick(['get', 'get', 'explain']), {});
    case 'deposit':
      return account('deposit', { id, amount: String(dice.integer(1, 500_000)) });
    case 'withdraw':
      return account('withdraw', { id, amount: String(dice.integer(1, 2_000_000)) });
    case 'account':
      return account(dice.pick(['get', 'limits']), {});
    case 'account pause':
      return account('pause', { id, reason });
    case 'account resume':
      return account('resume', { id, reason });
    case 'cluster':
      return cluster('get', {});
    case 'add':
    case 'remove':
      return cluster(kind, { symbols: [EXTRA_SYMBOL], reason });
    case 'drain':
      return cluster('drain', { pod: dice.pick(surroundings.pods), reason });
  }
}

function fill(dice: Dice, side: 'buy' | 'sell', id: string): Record<string, unknown> {
  const price = dice.integer(1_000_000, 200_000_000);
  const fee = dice.chance(0.3) ? { fee: decimal(dice.integer(1, 1_000_000_000)) } : {};
  return { id, side, quantity: quantity(dice), price: decimal(price * 100_000), ...fee };
}

/** Between a part and a few whole ones, often with digits that do not divide. */
function quantity(dice: Dice): string {
  return dice.chance(0.5) ? String(dice.integer(1, 5)) : decimal(dice.integer(5_000_000, 300_000_000));
}

/** Units of 1e-8 as a decimal. */
function decimal(units: number): string {
  const fraction = String(units % 100_000_000)
    .padStart(8, '0')
    .replace(/0+$/, '');
  return `${Math.floor(units / 100_000_000)}${fraction === '' ? '' : `.${fraction}`}`;
}
