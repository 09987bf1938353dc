/** Fills by `nc.request` of the public NATS library and JSON: what a team writes first. It never retries. */
import { connect, type NatsConnection } from 'nats';
import type { LoadFill, Outcome, Sender, SenderOptions } from './sender.ts';

type PlainReply = { readonly ok: true; readonly version: number } | { readonly ok: false; readonly code: string };

/** Long enough that nothing is given up while thousands of requests wait for ten connections to the database. */
const TIMEOUT_MS = 60_000;

export class PlainSender implements Sender {
  readonly #connection: NatsConnection;
  readonly #prefix: string;

  static async open({ url, prefix }: SenderOptions): Promise<Sender> {
    return new PlainSender(await connect({ servers: url }), prefix);
  }

  private constructor(connection: NatsConnection, prefix: string) {
    this.#connection = connection;
    this.#prefix = prefix;
  }

  async send(symbol: string, fill: LoadFill): Promise<Outcome> {
    return outcomeOf(await this.#request<PlainReply>(symbol, fill));
  }

  async sendBatch(symbol: string, fills: readonly LoadFill[]): Promise<readonly Outcome[]> {
    const { results } = await this.#request<{ readonly results: readonly PlainReply[] }>(symbol, { fills });
    return results.map(outcomeOf);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #request<Reply>(symbol: string, body: object): Promise<Reply> {
    const subject = `${this.#prefix}.symbol.${symbol}.fill`;
    const message = await this.#connection.request(subject, JSON.stringify(body), { timeout: TIMEOUT_MS });
    return message.json<Reply>();
  }
}

function outcomeOf(reply: PlainReply): Outcome {
  return reply.ok ? reply.version : reply.code;
}
