/** What the broker carries without anybody who thinks: from this process to another one, and back. */
import { connect, type NatsConnection } from 'nats';
import { ExternalNats } from '../../test/support/external-nats.ts';
import { Child } from '../harness/child.ts';
import { type Contender, closedLoop, interleave, type Slice } from '../harness/interleave.ts';
import { isAsked, type Row, type SuiteContext } from '../harness/suite.ts';
import { FILL_JSON } from './fill-json.ts';
import { type FromNats, PUBLISHED, REQUESTED, type ToNats } from './nats-protocol.ts';

export const BUS = 'bus';
const PUBLISH = 'publish';
const REQUEST = 'request';
export const BUS_CONTENDERS = [PUBLISH, REQUEST];

const IN_FLIGHT = 256;
const TIMEOUT_MS = 5_000;
const ROUNDS = 5;

type Peer = Child<ToNats, FromNats>;

export async function measureBus(context: SuiteContext): Promise<{ rows: readonly Row[] }> {
  const server = await ExternalNats.start();
  const peer: Peer = new Child('./nats-process.ts', import.meta.url);
  const connection = await connect({ servers: server.url });
  try {
    await peer.ask({ type: 'open', url: server.url }, 'opened');
    context.progress(BUS);
    const rows = await interleave({
      scenario: BUS,
      contenders: [publishing(connection, peer), requesting(connection)].filter(({ name }) =>
        isAsked(name, REQUEST, context),
      ),
      baseline: REQUEST,
      rounds: context.rounds ?? (context.isQuick ? 2 : ROUNDS),
      warmUpMs: 200,
      sliceMs: context.isQuick ? 200 : 600,
    });
    return { rows };
  } finally {
    await connection.close();
    await peer.stop({ type: 'stop' });
    await server.stop();
  }
}

/** One way: counted at the other end, until the last one has arrived. No message waits for another. */
function publishing(connection: NatsConnection, peer: Peer): Contender {
  let published = 0;
  return {
    name: PUBLISH,
    slice: async (durationMs): Promise<Slice> => {
      const before = published;
      const startedAt = performance.now();
      while (performance.now() - startedAt < durationMs) {
        for (let message = 0; message < IN_FLIGHT; message += 1) connection.publish(PUBLISHED, FILL_JSON);
        published += IN_FLIGHT;
        // The server has them: or this process would fill its own memory.
        await connection.flush();
      }
      await peer.ask({ type: 'await', messages: published }, 'received');
      return { operations: published - before, elapsedMs: performance.now() - startedAt, latenciesMs: [] };
    },
  };
}

function requesting(connection: NatsConnection): Contender {
  return {
    name: REQUEST,
    slice: (durationMs) =>
      closedLoop(IN_FLIGHT, durationMs, async () => {
        await connection.request(REQUESTED, FILL_JSON, { timeout: TIMEOUT_MS });
      }),
  };
}
