/** Fills by `coinpilot/client` as its users send them: its retries, time-outs and deadlines are the defaults. */
import { CoinPilotClient } from '../../../adapters/nats/client/index.ts';
import type { LoadFill, Outcome, Sender, SenderOptions } from './sender.ts';

export class TypedSender implements Sender {
  readonly #client: CoinPilotClient;

  static async open(options: SenderOptions): Promise<Sender> {
    return new TypedSender(await CoinPilotClient.connect(options));
  }

  private constructor(client: CoinPilotClient) {
    this.#client = client;
  }

  async send(symbol: string, { id, ...fill }: LoadFill): Promise<Outcome> {
    const answer = await this.#client.symbol(symbol).fill(fill, { id });
    return answer.ok ? answer.version : answer.error.code;
  }

  async sendBatch(symbol: string, fills: readonly LoadFill[]): Promise<readonly Outcome[]> {
    const answer = await this.#client.symbol(symbol).fills(fills);
    if (!answer.ok) return fills.map(() => answer.error.code);
    return answer.results.map((result) => (result.ok ? result.version : result.error.code));
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
