/** In a Pod a name resolves only when it is a Service's and fully qualified, and its localhost is its own. */
import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PRELOAD = new URL('../../../scripts/rehearse/pod-network.mjs', import.meta.url).href;
const SERVICE = 'postgres.coinpilot.svc.cluster.local';
const ADDRESS = '127.1.200.2';

let server: Server;
let where = '';

beforeAll(async () => {
  server = createServer((socket) => socket.end('hello'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  where = typeof address === 'object' ? `127.0.0.1:${address?.port}` : '';
});
afterAll(() => server.close());

/** Runs a piece of a program in a Pod; returns what it prints. */
async function inPod(program: string): Promise<string> {
  const network = {
    address: ADDRESS,
    loopback: '127.2.200.2',
    names: { [SERVICE]: '127.3.200.1' },
    routes: { '127.3.200.1:5432': where },
  };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    env: { NODE_OPTIONS: `--import ${PRELOAD}`, REHEARSAL_NETWORK: JSON.stringify(network) },
  });
  return stdout.trim();
}

const reach = (host: string, port: number) => `
  import { connect } from 'node:net';
  const socket = connect({ host: '${host}', port: ${port} });
  socket.on('data', (piece) => console.log(piece.toString()));
  socket.on('error', ({ code }) => console.log(code));`;

const listen = (host: string, peer: string) => `
  import { createServer, connect } from 'node:net';
  const server = createServer((socket) => socket.end('mine'));
  server.listen(0, ${host}, () => {
    const socket = connect({ host: '${peer}', port: server.address().port });
    socket.on('data', (piece) => console.log(piece.toString(), server.address().address));
    socket.on('error', ({ code }) => console.log(code, server.address().address));
    socket.on('close', () => server.close());
  });`;

// Linux has all of 127/8 without being asked.
describe.runIf(process.platform === 'linux')('the network of a Pod', () => {
  it.each([
    [SERVICE, 5432, 'hello'],
    [`${SERVICE}.`, 5432, 'hello'],
    ['127.3.200.1', 5432, 'hello'],
    [SERVICE, 5433, 'ECONNREFUSED'],
    ['postgres', 5432, 'ENOTFOUND'],
    ['postgres.coinpilot', 5432, 'ENOTFOUND'],
    ['postgres.coinpilot.svc', 5432, 'ENOTFOUND'],
    ['localhost', 5432, 'ECONNREFUSED'],
  ])('reaches at %s:%i: %s', async (host, port, answer) => {
    expect(await inPod(reach(host, port))).toBe(answer);
  });

  it('looks names up as it connects to them', async () => {
    const program = `
      import dns from 'node:dns';
      dns.lookup('${SERVICE}', { all: true }, (_, found) => console.log(JSON.stringify(found)));`;
    expect(await inPod(program)).toBe('[{"address":"127.3.200.1","family":4}]');
  });

  it('listens at its own address for anybody, where its own localhost finds it', async () => {
    expect(await inPod(listen("'0.0.0.0'", 'localhost'))).toBe(`mine ${ADDRESS}`);
  });

  it('listens for itself where nobody else reaches it: a probe would fail', async () => {
    expect(await inPod(listen("'127.0.0.1'", ADDRESS))).toBe('ECONNREFUSED 127.2.200.2');
  });
});
