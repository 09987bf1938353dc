/** Sends fills with the engine's own client, as its users do: what a benchmark measures is what they will see. */
import { CoinPilotClient } from '../../adapters/nats/client/index.ts';
import type { Failures, FillPlan } from './fill-plan.ts';
import { conclude, count, type FillSender, now, type Pending } from './fill-sender.ts';

export class TypedFillSender implements FillSender {
  readonly #client: CoinPilotClient;
  readonly #failures: Failures;

  static async open(plan: FillPlan, failures: Failures): Promise<FillSender> {
    const client = await CoinPilotClient.connect({
      url: plan.url,
      token: plan.token,
      deadlineMs: plan.giveUpMs,
      attemptMs: plan.attemptMs,
    });
    return new TypedFillSender(client, failures);
  }

  private constructor(client: CoinPilotClient, failures: Failures) {
    this.#client = client;
    this.#failures = failures;
  }

  /** One fill; the client retries by itself, so that it is one attempt here. */
  async settle(fills: readonly Pending[]): Promise<void> {
    for (const item of fills) {
      const { id, ...fill } = item.fill;
      item.attempts = 1;
      const answer = await this.#client.symbol(item.symbol).fill(fill, { id });
      if (conclude(item, answer)) continue;
      // A code that asks for another attempt, after the client's deadline: its last word.
      const code = answer.ok ? 'OK' : answer.error.code;
      count(this.#failures, code);
      item.final = { outcome: 'unknown', code, answeredAt: now() };
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
