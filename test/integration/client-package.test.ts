/** `coinpilot/client` as others get it: from the packed package in node_modules, where Node itself runs no TypeScript. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connect, type NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Broker, startBroker } from '../../adapters/broker/broker.ts';

const execute = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const PROGRAM = `
  import { CoinPilotClient, RetryableError } from 'coinpilot/client';
  const client = await CoinPilotClient.connect({ url: process.env.NATS_URL });
  console.log(JSON.stringify(await client.symbol('KRW-BTC').fill({ side: 'buy', quantity: '1', price: '100' })));
  await client.close();
  const refused = await CoinPilotClient.connect({ url: 'nats://127.0.0.1:1' }).catch((error) => error);
  console.log(refused instanceof RetryableError);
`;

let project: string;
let broker: Broker;
let engine: NatsConnection;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'coinpilot-package-'));
  const modules = join(project, 'node_modules');
  await mkdir(join(modules, 'coinpilot'), { recursive: true });
  await execute('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', project], { cwd: ROOT });
  const packed = (await readdir(project)).find((name) => name.endsWith('.tgz')) ?? '';
  await execute('tar', ['-xzf', join(project, packed), '-C', join(modules, 'coinpilot'), '--strip-components=1']);
  // What npm would install beside it.
  for (const name of await readdir(join(ROOT, 'node_modules'))) {
    if (!name.startsWith('.') && name !== 'coinpilot')
      await symlink(join(ROOT, 'node_modules', name), join(modules, name));
  }
  broker = await startBroker({ port: 0 });
  engine = await connect({ servers: broker.url });
  engine.subscribe('cp.symbol.KRW-BTC.fill', {
    callback: (_, message) => void message.respond('{"ok":true,"version":1}'),
  });
  await engine.flush();
});

afterAll(async () => {
  await engine?.close();
  await broker?.close();
  await rm(project, { recursive: true, force: true });
});

describe('the packed package', () => {
  it('brings a client that works in plain Node', async () => {
    const { stdout } = await execute(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
      cwd: project,
      env: { ...process.env, NATS_URL: broker.url },
    });
    expect(stdout.trimEnd().split('\n')).toEqual(['{"ok":true,"version":1}', 'true']);
  });
});
