/** The gateway as a part of a process: `up` shows itself by it, `coinpilot gateway` shows the Pods of a cluster. */
import { systemClock } from '../../adapters/system-clock.ts';
import { Gateway, type GatewayOptions } from '../../gateway/gateway.ts';
import type { Readiness } from '../../gateway/http/handler.ts';
import type { RunningPart } from '../rest-for-one.ts';
import type { EngineContext } from './engine-context.ts';
import { listenOn } from './listen.ts';

export async function startGateway(
  context: EngineContext,
  options: Pick<GatewayOptions, 'ready' | 'status'>,
): Promise<RunningPart> {
  const { config, ledger, bus, subjects, log } = context;
  // Started again it keeps its port: somebody has been told.
  const lastPort = context.http?.port ?? context.state?.lastPorts.http;
  const gateway = await listenOn(config.httpPort, lastPort, (port) =>
    Gateway.open({
      ...options,
      host: config.http.host,
      port,
      access: config.http,
      reader: ledger.feed,
      bus,
      subjects,
      clock: systemClock,
      log,
    }),
  );
  context.http = gateway;
  context.state?.rememberPorts({ http: gateway.port });
  return { stop: () => gateway.close() };
}

/** Asked by probes and by people: often enough to be kept for a moment. */
const KEPT_MS = 500;
/** A ledger that takes longer is taken for away; a probe waits for about a second. */
const ANSWER_MS_MAX = 800;

/** Whether a gateway has somebody to show: a ledger, a bus, and a Pod that lives. Which symbols it serves is not asked. */
export class ClusterReadiness {
  readonly #context: EngineContext;
  #kept: { readonly at: number; readonly answer: Promise<Readiness> } | undefined;
  #asking: Promise<boolean | undefined> | undefined;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  now(): Promise<Readiness> {
    const at = systemClock.monotonic();
    if (this.#kept === undefined || at - this.#kept.at > KEPT_MS) this.#kept = { at, answer: this.#ask() };
    return this.#kept.answer;
  }

  async #ask(): Promise<Readiness> {
    const lives = await this.#aPodLives();
    return { ledger: lives !== undefined, bus: this.#context.bus.connected, ownership: lives === true };
  }

  /** Undefined when the ledger does not say so in time: packets that are swallowed are no reason to leave a probe without answer. */
  #aPodLives(): Promise<boolean | undefined> {
    // One question at a time: those to a database that does not answer would pile up.
    const { ledger } = this.#context;
    // Through the connections that serve people, and those of ownership: both have to answer.
    this.#asking ??= Promise.all([ledger.ownership.view(), ledger.feed.heads()])
      .then(
        ([{ pods }]) => pods.some(({ live }) => live),
        () => undefined,
      )
      .finally(() => {
        this.#asking = undefined;
      });
    const asking = this.#asking;
    return new Promise((resolve) => {
      const cancel = systemClock.after(ANSWER_MS_MAX, () => resolve(undefined));
      void asking.then((answer) => {
        cancel();
        resolve(answer);
      });
    });
  }
}
