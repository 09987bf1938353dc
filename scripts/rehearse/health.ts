/**
 * The probes of one running container. Until the startup probe has succeeded the others rest; a container without a
 * readiness probe is ready when it has started, one without a liveness probe lives as long as its process.
 */
import type { Container, Probe } from './objects.ts';
import { attempt } from './probe.ts';

export interface HealthListener {
  readonly onReady: (ready: boolean) => void;
  /** Startup or liveness have failed as often as the manifest allows: the container has to be restarted. */
  readonly onFailed: (why: string) => void;
}

interface Watch {
  readonly probe: Probe;
  readonly onSuccess: () => void;
  readonly onFailure: (why: string) => void;
}

const PERIOD_SECONDS = 10;
const FAILURES_MAX = 3;

export class Health {
  readonly #container: Container;
  readonly #address: string;
  readonly #listener: HealthListener;
  readonly #timers = new Set<NodeJS.Timeout>();
  #stopped = false;

  constructor(container: Container, address: string, listener: HealthListener) {
    this.#container = container;
    this.#address = address;
    this.#listener = listener;
  }

  start(): void {
    const { startupProbe } = this.#container;
    if (startupProbe === undefined) this.#started();
    else {
      const stop = this.#watch({
        probe: startupProbe,
        onSuccess: () => {
          stop();
          this.#started();
        },
        onFailure: (why) => this.#listener.onFailed(`startup probe: ${why}`),
      });
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #started(): void {
    const { livenessProbe, readinessProbe } = this.#container;
    const { onReady, onFailed } = this.#listener;
    if (livenessProbe !== undefined) {
      const onFailure = (why: string): void => onFailed(`liveness probe: ${why}`);
      this.#watch({ probe: livenessProbe, onSuccess: () => undefined, onFailure });
    }
    if (readinessProbe === undefined) onReady(true);
    else {
      this.#watch({ probe: readinessProbe, onSuccess: () => onReady(true), onFailure: () => onReady(false) });
    }
  }

  /** Attempts until it is stopped; tells what so many in a row have shown. */
  #watch({ probe, onSuccess, onFailure }: Watch): () => void {
    const { initialDelaySeconds = 0, periodSeconds = PERIOD_SECONDS } = probe;
    const { failureThreshold = FAILURES_MAX, successThreshold = 1 } = probe;
    let isOver = false;
    let failures = 0;
    let successes = 0;
    const look = async (): Promise<void> => {
      const began = performance.now();
      const problem = await attempt(probe, this.#container, this.#address);
      if (isOver || this.#stopped) return;
      failures = problem === undefined ? 0 : failures + 1;
      successes = problem === undefined ? successes + 1 : 0;
      if (problem === undefined && successes >= successThreshold) onSuccess();
      if (problem !== undefined && failures === failureThreshold) onFailure(problem);
      if (!isOver) this.#after(periodSeconds * 1_000 - (performance.now() - began), look);
    };
    this.#after(initialDelaySeconds * 1_000, look);
    return () => {
      isOver = true;
    };
  }

  #after(delayMs: number, work: () => Promise<void>): void {
    if (this.#stopped) return;
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        void work();
      },
      Math.max(0, delayMs),
    );
    this.#timers.add(timer);
  }
}
