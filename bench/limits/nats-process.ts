/** The other end of the broker: counts what is published and answers what is requested with what it was asked. */
import { connect, type NatsConnection } from 'nats';
import { type FromNats, PUBLISHED, REQUESTED, type ToNats } from './nats-protocol.ts';

let connection: NatsConnection | undefined;
let received = 0;
let awaited = Number.POSITIVE_INFINITY;

process.on('message', (message: ToNats) => {
  handle(message).catch((error: unknown) => tell({ type: 'failed', message: String(error) }));
});

async function handle(message: ToNats): Promise<void> {
  switch (message.type) {
    case 'open':
      connection = await connect({ servers: message.url });
      connection.subscribe(PUBLISHED, {
        callback: () => {
          received += 1;
          if (received === awaited) tell({ type: 'received' });
        },
      });
      connection.subscribe(REQUESTED, { callback: (_, request) => void request.respond(request.data) });
      await connection.flush();
      tell({ type: 'opened' });
      return;
    case 'await':
      awaited = message.messages;
      if (received === awaited) tell({ type: 'received' });
      return;
    case 'stop':
      await connection?.close();
      process.exit(0);
  }
}

function tell(answer: FromNats): void {
  process.send?.(answer);
}
