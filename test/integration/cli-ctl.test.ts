/** `ctl` and `doctor` as a person types them: child processes against an engine in a child process. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineHome, type EngineProcess, until } from '../support/engine-process.ts';
import { FLAT_PRICE, FLAT_SYMBOL, flatMarket, PLENTY } from '../support/flat-market.ts';
import { uuidv7 } from '../support/wire.ts';

const COMMAND = fileURLToPath(new URL('../../coinpilot.mjs', import.meta.url));
/** Candles pass ten a second, so that a market order fills at the next one. */
const SPEED = 600;
/** Symbols of their own for orders: what is on its way in one test is never in another's. */
const BOUGHT = 'KRW-ETH';
const LISTED = 'KRW-XRP';

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The JSON line; fails when there is none. */
  readonly json: {
    readonly ok: boolean;
    readonly error: { readonly code: string; readonly message: string; readonly details: Record<string, unknown> };
    readonly [name: string]: unknown;
  };
}

let home: EngineHome;
let engine: EngineProcess;
/** Where a person stands who has started nothing. */
let elsewhere: string;

beforeAll(async () => {
  home = await EngineHome.create();
  elsewhere = await mkdtemp(join(tmpdir(), 'coinpilot-ctl-'));
  engine = await home.start(
    ...(await flatMarket(home.folder, { speed: SPEED, symbols: [FLAT_SYMBOL, BOUGHT, LISTED] })),
    '--risk',
    'off',
  );
});

afterAll(async () => {
  await home?.remove();
  await rm(elsewhere, { recursive: true, force: true });
});

function coinpilot(words: readonly string[], cwd: string, environment: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const mine = Object.entries(process.env).filter(([name]) => !/^(COINPILOT_|DATABASE_URL$|NATS_)/.test(name));
    const options = { cwd, env: { ...Object.fromEntries(mine), ...environment } };
    const child = execFile(process.execPath, [COMMAND, ...words], options, (_, stdout, stderr) => {
      resolve({
        code: child.exitCode ?? -1,
        stdout,
        stderr,
        get json() {
          return JSON.parse(stdout) as Outcome['json'];
        },
      });
    });
  });
}

/** One `ctl` command on this engine, written as typed; words with spaces come as an array. */
const ctl = (words: string | readonly string[]): Promise<Outcome> =>
  coinpilot(['ctl', '--state', home.state, ...(typeof words === 'string' ? words.split(' ') : words)], home.folder);

const symbol = (words: string): Promise<Outcome> => ctl(`symbol ${FLAT_SYMBOL} ${words}`);

const doctor = (): Promise<Outcome> => coinpilot(['doctor', '--json', '--state', home.state], home.folder);

describe('ctl asks', () => {
  it('and shows a person what a symbol holds, why it does not enter, the account, the cluster and a Pod', async () => {
    const [get, explain, account, cluster, pod] = await Promise.all([
      symbol('get'),
      symbol('explain'),
      ctl('account get'),
      ctl('cluster get'),
      ctl('pod up get'),
    ]);
    expect(get.stdout).toMatch(/^mode +\w+$/m);
    expect(explain.stdout).toMatch(/^[✓✗] +WARMING_UP/m);
    expect(account.stdout).toMatch(/^cash +[\d,]+/m);
    expect(cluster.stdout).toMatch(/^up +serving +\d+/m);
    expect(cluster.stdout).toMatch(new RegExp(`^${FLAT_SYMBOL} +\\w+ +up`, 'm'));
    expect(pod.stdout).toMatch(/^pod +up$/m);
    for (const outcome of [get, explain, account, cluster, pod]) expect(outcome).toMatchObject({ code: 0, stderr: '' });
  });

  it('and prints the reply as one line of JSON with --json, wherever it stands', async () => {
    const outcomes = await Promise.all([
      ctl('--json account limits'),
      ctl('cluster symbols --json'),
      ctl('pod up ping --json'),
    ]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ code: 0, stderr: '' });
      expect(outcome.stdout.trimEnd().split('\n')).toHaveLength(1);
      expect(outcome.json.ok).toBe(true);
    }
    expect(outcomes[0].json).toMatchObject({ limits: { positionsMax: 5 } });
  });
});

describe('ctl changes', () => {
  it('nothing twice: a fill with the same id again gets the first answer, another one with it is refused', async () => {
    const fill = `symbol ${FLAT_SYMBOL} fill --side buy --price ${FLAT_PRICE} --id ${uuidv7()} --json`;
    const first = await ctl(`${fill} --quantity 0.5`);
    const [again, other] = await Promise.all([ctl(`${fill} --quantity 0.5`), ctl(`${fill} --quantity 0.6`)]);
    expect(first).toMatchObject({ code: 0, json: { position: { quantity: '0.5', cost: '50' } } });
    expect(again).toMatchObject({ code: 0, json: { version: first.json.version } });
    expect(other).toMatchObject({ code: 1, json: { error: { code: 'INVALID' } } });
    const sold = await symbol(`fill --side sell --quantity 0.5 --price ${FLAT_PRICE} --fee 1`);
    expect(sold.stdout).toMatch(/^quantity +0$/m);
    const tooMuch = await symbol(`fill --side sell --quantity 0.5 --price ${FLAT_PRICE}`);
    expect(tooMuch).toMatchObject({ code: 1, stdout: '' });
    expect(tooMuch.stderr).toMatch(/^INSUFFICIENT: .*\n/);
  });

  it('orders: bought at market, flattened; a limit order is listed and cancelled', async () => {
    const id = uuidv7();
    const [bought, limit] = await Promise.all([
      ctl(`symbol ${BOUGHT} order --side buy --amount 10000 --json`),
      // Below the market, where nothing trades: it stays open.
      ctl(`symbol ${LISTED} order --side buy --quantity 100 --price 90 --id ${id}`),
    ]);
    expect(bought).toMatchObject({ code: 0, json: { order: { side: 'buy', type: 'market' } } });
    expect(limit).toMatchObject({ code: 0, stdout: expect.stringMatching(/^status +open$/m) });
    const [flattened, listed, resolved] = await Promise.all([
      ctl(`symbol ${BOUGHT} flatten`),
      ctl(`symbol ${LISTED} get`),
      ctl(`symbol ${LISTED} resolve --order-id ${id} --outcome cancelled --reason looked`),
    ]);
    expect(flattened.code).toBe(0);
    expect(listed.stdout).toContain(id);
    expect(resolved.stderr).toMatch(/^NOT_FOUND: .*not unknown/);
    const cancelled = await ctl(`symbol ${LISTED} cancel --order-id ${id} --json`);
    expect(cancelled).toMatchObject({ code: 0, json: { ok: true } });
  });

  it('who may trade: pause, halt and resume of a symbol, each with its reason', async () => {
    const reason = 'a reason with spaces';
    const paused = await ctl(['symbol', FLAT_SYMBOL, 'pause', '--reason', reason]);
    expect(paused.stdout).toMatch(/^paused +a reason with spaces$/m);
    const halted = await symbol('halt --reason odd');
    expect(halted.stdout).toMatch(/^halted +odd$/m);
    const seen = await doctor();
    expect(seen).toMatchObject({ code: 1, json: { ok: false } });
    expect(seen.json.checks).toContainEqual({
      name: `${home.state} ledger: ${FLAT_SYMBOL}`,
      status: 'problem',
      detail: 'halted: odd',
      todo: expect.stringContaining(`ctl symbol ${FLAT_SYMBOL} resume`),
    });
    const resumed = await symbol('resume --reason fine --json');
    expect(resumed).toMatchObject({ code: 0, json: { pausedReason: null, haltedReason: null } });
  });

  it('the account: cash in and out, pause, halt and resume', async () => {
    const deposited = await ctl('account deposit --amount 1000000 --json');
    // What the ledger was opened with, and this.
    const total = String(BigInt(PLENTY) + 1_000_000n);
    expect(deposited).toMatchObject({ code: 0, json: { account: { deposits: total } } });
    const withdrawn = await ctl('account withdraw --amount 1000000.5');
    expect(withdrawn.stdout).toMatch(/^withdrawals +1,000,000\.5$/m);
    const tooMuch = await ctl('account withdraw --amount 99999999999999');
    expect(tooMuch).toMatchObject({ code: 1, stderr: expect.stringMatching(/^INSUFFICIENT/) });
    expect((await ctl('account pause --reason news')).stdout).toMatch(/^entries +paused: news$/m);
    expect((await ctl('account halt --reason odd')).stdout).toMatch(/^entries +HALTED: odd$/m);
    expect((await ctl('account resume --reason fine')).stdout).toMatch(/^entries +open$/m);
  });

  it('the risk limits: some by hand, and back to those of the engine', async () => {
    const set = await ctl(['account', 'limits', 'positionsMax=3', 'cooldownMs=4 h', '--reason', 'calm down']);
    expect(set).toMatchObject({ code: 0, stderr: '' });
    expect(set.stdout).toMatch(/^positions max +3 +positionsMax +set by hand$/m);
    expect(set.stdout).toMatch(/^cooldown +4 h +cooldownMs +set by hand$/m);
    expect((await ctl('account limits')).stdout).toMatch(/^positions max +3 /m);
    const wrong = await ctl('account limits positionsMax=0 --reason typo');
    expect(wrong).toMatchObject({ code: 1 });
    expect(wrong.stderr).toContain('positionsMax: must be a whole number from 1 to 1000, not "0"');
    expect(await ctl('account limits positionsMax=2')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('say why'),
    });
    const back = await ctl([
      'account',
      'limits',
      'positionsMax=default',
      'cooldownMs=default',
      '--reason',
      'as before',
    ]);
    expect(back.stdout).toMatch(/^positions max +5 +positionsMax$/m);
  });

  it('everything at once: flatten pauses entries and tells what holds something to sell', async () => {
    const fill = `symbol ${FLAT_SYMBOL} fill --side buy --price ${FLAT_PRICE} --quantity 1000`;
    expect(await ctl(fill)).toMatchObject({ code: 0 });
    const flattened = await ctl('account flatten --reason leaving');
    expect(flattened).toMatchObject({ code: 0, stderr: '' });
    expect(flattened.stdout).toMatch(/^entries +paused: leaving$/m);
    expect(flattened.stdout).toMatch(new RegExp(`^${FLAT_SYMBOL} +told$`, 'm'));
    await until(
      async () => /^quantity +0$/m.test((await symbol('get')).stdout),
      30_000,
      () => 'the position was not sold',
    );
    expect((await ctl('account resume --reason fine')).stdout).toMatch(/^entries +open$/m);
    expect((await ctl('account flatten --reason again')).stdout).toContain('nothing is held');
    await ctl('account resume --reason fine');
  });

  it('nothing about the ledger: audit folds all of it beside the running engine', async () => {
    const audited = await coinpilot(['audit', '--state', home.state, '--json'], home.folder);
    expect(audited).toMatchObject({ code: 0, json: { ok: true, difference: null } });
  });

  it('the symbols of the cluster, and says what it can not', async () => {
    const added = await ctl('cluster add KRW-ADA,KRW-DOT KRW-SUI --json');
    const names = (added.json.symbols as { symbol: string }[]).map((row) => row.symbol);
    expect(names).toEqual(expect.arrayContaining(['KRW-ADA', 'KRW-DOT', 'KRW-SUI']));
    const [served, removed, drained] = await Promise.all([
      ctl('symbol KRW-ADA get'),
      ctl('cluster remove KRW-SUI'),
      ctl('cluster drain another-pod'),
    ]);
    expect(served.code).toBe(0);
    expect(removed.stdout).not.toContain('KRW-SUI');
    expect(drained).toMatchObject({ code: 1, stderr: expect.stringMatching(/^NOT_FOUND/) });
  });
});

describe('ctl says no', () => {
  it('NOT_FOUND with the names there are, at once, for an unknown symbol or Pod', async () => {
    const [unknown, pod] = await Promise.all([
      // Longer than this test may take: it must not wait for the symbol to appear.
      ctl('symbol KRW-NOPE get --json --timeout 600'),
      ctl('pod nope ping'),
    ]);
    expect(unknown).toMatchObject({ code: 1, json: { error: { code: 'NOT_FOUND' } } });
    expect(unknown.json.error.details.symbols).toContain(FLAT_SYMBOL);
    expect(pod).toMatchObject({ code: 1, stderr: 'NOT_FOUND: there is no Pod nope; there are up\n' });
  });

  it('of usage, exit code 2, without a stack', async () => {
    const outcomes = await Promise.all([
      symbol('fill --side buy --price 100'),
      ctl('symbol KRW.* get'),
      ctl('account get --timeout soon'),
    ]);
    for (const { code, stdout, stderr } of outcomes) {
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).not.toBe('');
      expect(stderr).not.toMatch(/^\s+at /m);
    }
  });

  it('exit code 3 when there is no engine, or nothing listens where it should be', async () => {
    const [none, gone] = await Promise.all([
      coinpilot(['ctl', 'account', 'get'], elsewhere),
      coinpilot(['ctl', 'account', 'get', '--json'], elsewhere, { NATS_URL: 'nats://127.0.0.1:1' }),
    ]);
    expect(none).toMatchObject({ code: 3, stderr: expect.stringContaining('coinpilot up') });
    expect(gone).toMatchObject({ code: 3, json: { ok: false, error: { code: 'UNAVAILABLE' } } });
  });

  it('exit code 3 when nobody answers in time, and not "unknown": nothing was delivered', async () => {
    const { code, json } = await ctl('account deposit --amount 1 --prefix other --timeout 1 --json');
    expect({ code, error: json.error.code }).toEqual({ code: 3, error: 'UNAVAILABLE' });
  });
});

describe('ctl finds the engine', () => {
  it('by the only ready.json under .coinpilot, by --nats-url, and asks which when there are two', async () => {
    for (const name of ['one', 'two']) await mkdir(join(elsewhere, '.coinpilot', name), { recursive: true });
    await cp(join(home.state, 'ready.json'), join(elsewhere, '.coinpilot/one/ready.json'));
    const [found, typed] = await Promise.all([
      coinpilot(['ctl', 'account', 'get'], elsewhere),
      coinpilot(['ctl', 'account', 'get', '--nats-url', engine.ready.nats], tmpdir()),
    ]);
    expect(found.code).toBe(0);
    expect(typed.code).toBe(0);
    await cp(join(home.state, 'ready.json'), join(elsewhere, '.coinpilot/two/ready.json'));
    const ambiguous = await coinpilot(['ctl', 'account', 'get'], elsewhere);
    expect(ambiguous).toMatchObject({ code: 2, stderr: expect.stringContaining('--state .coinpilot/two') });
    await rm(join(elsewhere, '.coinpilot'), { recursive: true });
  });
});

describe('doctor', () => {
  it('finds a running engine well, and prints no password', async () => {
    const { code, stdout, json } = await doctor();
    expect(json.checks).not.toContainEqual(expect.objectContaining({ status: 'problem' }));
    expect(code).toBe(0);
    const names = (json.checks as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['Node', `${home.state} NATS: Pod up`, `${home.state} ledger: dead letters`]),
    );
    const { password } = new URL(engine.ready.postgres);
    expect(password).not.toBe('');
    expect(stdout).not.toContain(password);
  });

  it('names what can not be reached, without the secrets of its address', async () => {
    const { code, stdout } = await coinpilot(['doctor'], elsewhere, {
      DATABASE_URL: 'postgres://someone:geheim@127.0.0.1:1/none',
      NATS_URL: 'nats://geheim@127.0.0.1:1',
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^✗ DATABASE_URL +postgres:\/\/someone:\*\*\*@127\.0\.0\.1:1\/none: .*ECONNREFUSED/m);
    expect(stdout).toMatch(/^✗ NATS_URL +nats:\/\/\*\*\*@127\.0\.0\.1:1/m);
    expect(stdout).not.toContain('geheim');
  });

  it('says that a database is not migrated', async () => {
    const url = new URL(engine.ready.postgres);
    // A database every server has, and no engine ever uses.
    url.pathname = '/template1';
    const { code, stdout } = await coinpilot(['doctor', '--database-url', url.href], elsewhere);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^✗ DATABASE_URL .*not migrated[^\n]*\n +→ coinpilot migrate/m);
  });
});
