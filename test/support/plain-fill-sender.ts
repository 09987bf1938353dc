/**
 * Sends fills with the public client library and nothing of the engine, so that the verdict shares no code with what it
 * judges. It keeps an id until the engine has given a final answer, as DESIGN §3 asks of every caller.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type NatsConnection } from 'nats';
import type { Failures, FillPlan } from './fill-plan.ts';
import { type Answer, conclude, count, type FillSender, now, type Pending } from './fill-sender.ts';
import { ReplyInbox } from './reply-inbox.ts';

const PAUSE_FIRST_MS = 20;
const PAUSE_MORE_MS = 230;

export class PlainFillSender implements FillSender {
  readonly #plan: FillPlan;
  readonly #failures: Failures;
  readonly #nc: NatsConnection;
  readonly #inbox: ReplyInbox;

  static async open(plan: FillPlan, failures: Failures): Promise<FillSender> {
    const nc = await connect({
      servers: plan.url,
      reconnectTimeWait: 20,
      maxReconnectAttempts: -1,
      waitOnFirstConnect: true,
    });
    return new PlainFillSender(plan, failures, nc);
  }

  private constructor(plan: FillPlan, failures: Failures, nc: NatsConnection) {
    this.#plan = plan;
    this.#failures = failures;
    this.#nc = nc;
    this.#inbox = new ReplyInbox(nc);
  }

  async settle(fills: readonly Pending[]): Promise<void> {
    const giveUpAt = performance.now() + this.#plan.giveUpMs;
    let open = fills;
    while (open.length > 0 && performance.now() < giveUpAt) {
      open = await this.#attempt(open);
      if (open.length > 0) await delay(PAUSE_FIRST_MS + Math.random() * PAUSE_MORE_MS);
    }
    for (const item of open) item.final = { outcome: 'unknown', answeredAt: now() };
  }

  close(): Promise<void> {
    return this.#nc.close();
  }

  /** Returns what has to be sent again. */
  async #attempt(open: readonly Pending[]): Promise<readonly Pending[]> {
    const isSingle = this.#plan.fillsPerRequestMax === 1;
    for (const item of open) item.attempts += 1;
    const body = isSingle ? open[0]!.fill : { fills: open.map(({ fill }) => fill) };
    const answersIn = (text: string): readonly Answer[] => {
      const answer = JSON.parse(text) as Answer;
      return !isSingle && answer.results !== undefined ? answer.results : open.map(() => answer);
    };
    const reply = await this.#inbox.ask({
      subject: `cp.symbol.${open[0]!.symbol}.fill`,
      payload: JSON.stringify(body),
      withinMs: this.#plan.attemptMs,
      onLate: (text) => {
        for (const [index, answer] of answersIn(text).entries()) {
          if (answer.ok && answer.version !== undefined) open[index]!.versions.add(answer.version);
        }
      },
    });
    if (reply.type !== 'reply') {
      count(this.#failures, reply.type === 'nobody' ? 'NoRespondersError' : 'TimeoutError');
      return open;
    }
    const answers = answersIn(reply.text);
    return open.filter((item, index) => {
      const answer = answers[index];
      const isOver = answer !== undefined && conclude(item, answer);
      if (!isOver) count(this.#failures, answer?.error?.code ?? 'an item without an answer');
      return !isOver;
    });
  }
}
