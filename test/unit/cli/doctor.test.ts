import { describe, expect, it } from 'vitest';
import { report } from '../../../cli/doctor.ts';
import { guarded, note, ok, problem, shownUrl } from '../../../cli/doctor-check.ts';
import { checkNode, satisfies } from '../../../cli/doctor-machine.ts';
import { contentChecks, podCheck, symbolsCheck } from '../../../cli/doctor-services.ts';
import type { LedgerContent } from '../../../ledger/postgres/diagnostics.ts';

describe('satisfies', () => {
  const range = '^20.19 || ^22.12 || >=24';

  it.each([
    ['v20.18.3', false],
    ['v20.19.0', true],
    ['v20.20.2', true],
    ['v21.9.0', false],
    ['v22.11.0', false],
    ['v22.12.0', true],
    ['v23.5.0', false],
    ['v24.0.0', true],
    ['v26.1.0', true],
  ])('judges Node %s: %s', (version, fits) => {
    expect(satisfies(version, range)).toBe(fits);
  });

  it('finds this Node good, as the tests run on it', () => {
    expect(checkNode().status).toBe('ok');
    expect(checkNode('v18.0.0')).toMatchObject({ status: 'problem', todo: expect.stringContaining('Node') });
  });
});

describe('shownUrl', () => {
  it.each([
    ['postgres://user:se@cret@host:5432/db', 'postgres://user:***@host:5432/db'],
    ['postgres://host/db?user=me&password=secret', 'postgres://host/db?user=me&password=***'],
    ['nats://secret@host:4222', 'nats://***@host:4222'],
    ['nats://user:secret@host:4222', 'nats://***:***@host:4222'],
    ['nats://host:4222', 'nats://host:4222'],
    ['secret', '(not an address such as nats://host:4222)'],
  ])('shows %s without its secrets', (address, shown) => {
    expect(shownUrl(address)).toBe(shown);
  });
});

describe('contentChecks', () => {
  const well: LedgerContent = {
    belongsTo: { venue: 'paper', feed: 'demo' },
    deadLetters: 0,
    unknownOrders: [],
    stopped: [],
    account: { pausedReason: null, haltedReason: null, deficit: false },
  };
  const statuses = (content: Partial<LedgerContent>) =>
    Object.fromEntries(contentChecks('L', { ...well, ...content }).map(({ name, status }) => [name, status]));

  it('finds nothing in a ledger where nobody is waited for', () => {
    expect(statuses({})).toEqual({ 'L: account': 'ok', 'L: unknown orders': 'ok', 'L: dead letters': 'ok' });
  });

  it('makes a halt, a deficit, an unknown order and a dead letter a problem, a pause a note', () => {
    expect(statuses({ account: { ...well.account, haltedReason: 'odd' } })['L: account']).toBe('problem');
    expect(statuses({ account: { ...well.account, deficit: true, pausedReason: 'x' } })['L: account']).toBe('problem');
    expect(statuses({ account: { ...well.account, pausedReason: 'news' } })['L: account']).toBe('note');
    expect(statuses({ deadLetters: 2 })['L: dead letters']).toBe('problem');
    expect(statuses({ unknownOrders: [{ symbol: 'KRW-BTC', id: 'o1' }] })['L: unknown orders']).toBe('problem');
    const stopped = [
      { symbol: 'KRW-BTC', haltedReason: 'odd', pausedReason: null },
      { symbol: 'KRW-ETH', haltedReason: null, pausedReason: 'news' },
    ];
    expect(statuses({ stopped })).toMatchObject({ 'L: KRW-BTC': 'problem', 'L: KRW-ETH': 'note' });
  });

  it('says what to type', () => {
    const [check] = contentChecks('L', { ...well, unknownOrders: [{ symbol: 'KRW-BTC', id: 'o1' }] }).filter(
      ({ status }) => status === 'problem',
    );
    expect(check?.todo).toContain('coinpilot ctl symbol KRW-BTC resolve --order-id o1');
  });
});

describe('podCheck and symbolsCheck', () => {
  const pod = { pod: 'a', symbols: 2, draining: false, heartbeatAgeMs: 900, live: true };

  it('makes a lease that is over a problem, draining a note', () => {
    expect(podCheck('N', pod).status).toBe('ok');
    expect(podCheck('N', { ...pod, live: false }).status).toBe('problem');
    // The lease is 5 s.
    expect(podCheck('N', { ...pod, heartbeatAgeMs: 5_001 }).status).toBe('problem');
    expect(podCheck('N', { ...pod, draining: true }).status).toBe('note');
  });

  it('names the symbols that nobody serves', () => {
    const symbols = [
      { symbol: 'KRW-BTC', owner: 'a', mode: 'flat' },
      { symbol: 'KRW-ETH', owner: null, mode: 'flat' },
    ];
    expect(symbolsCheck('N', symbols)).toMatchObject({ status: 'problem', detail: 'nobody serves KRW-ETH' });
    expect(symbolsCheck('N', symbols.slice(0, 1))).toMatchObject({ status: 'ok', detail: '1 flat' });
  });
});

describe('report', () => {
  it('puts what to do under the finding and counts the problems', () => {
    expect(report([ok('a', 'fine'), problem('bcd', 'broken', 'mend it'), note('e', 'by the way')]).split('\n')).toEqual(
      ['✓ a    fine', '✗ bcd  broken', '       → mend it', '· e    by the way', '', '1 problem: see the lines with ✗.'],
    );
  });

  it('makes a check that fails itself a finding', async () => {
    const found = await guarded('ports', async () => {
      throw new Error('no network');
    });
    expect(found).toMatchObject([{ name: 'ports', status: 'problem', detail: expect.stringContaining('no network') }]);
  });
});
