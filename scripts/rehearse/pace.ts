/**
 * How much faster the waits of Kubernetes' own controllers pass than on a cluster: a node that is not heard, an autoscaler's
 * window, a crashed container's pause. Probes, grace periods and everything of the engine keep their real time.
 */
import { setTimeout as delay } from 'node:timers/promises';

export class Pace {
  readonly factor: number;

  constructor(factor: number) {
    this.factor = factor;
  }

  /** Milliseconds that so many seconds of a controller take here. */
  ms(seconds: number): number {
    return (seconds * 1_000) / this.factor;
  }

  wait(seconds: number): Promise<void> {
    return delay(this.ms(seconds));
  }
}
