/**
 * The life of a Pod as a kubelet leads it: its container is started, probed, restarted with growing pauses, and ended by
 * SIGTERM, the grace period and SIGKILL. What happens is told as events; whether it should have is for others to say.
 */
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { ContainerProcess, type Exit, type StartOptions } from './container-process.ts';
import { ContainerConfigError, type PodIdentity } from './environment.ts';
import { Health } from './health.ts';
import type { Container, PodTemplate } from './objects.ts';
import type { Pace } from './pace.ts';
import { requireProbes } from './probe.ts';

/**
 * started: a container. ended: by SIGTERM, with code 0. failed: by SIGTERM, with another. killed: by SIGKILL when its grace was over.
 * crashed: without being asked. unhealthy: its probes have given it up. lost: with its node.
 */
export type PodEventKind = 'started' | 'ended' | 'failed' | 'killed' | 'crashed' | 'unhealthy' | 'lost';

export interface PodEvent {
  readonly kind: PodEventKind;
  readonly pod: string;
  readonly at: number;
  readonly detail: string;
}

export interface PodOptions
  extends Pick<StartOptions, 'image' | 'manifests' | 'network' | 'undertaker' | 'folder' | 'logFile'> {
  readonly identity: PodIdentity;
  readonly template: PodTemplate;
  readonly pace: Pace;
  readonly onEvent: (event: PodEvent) => void;
  /** The manifest asks for what there is not: nothing will ever come of this Pod. */
  readonly onBroken: (error: ContainerConfigError) => void;
}

/** Of Kubernetes, where a manifest does not say. */
const GRACE_SECONDS = 30;
/** CrashLoopBackOff: the first restart is at once, then ten seconds, doubling. */
const BACKOFF_SECONDS = 10;
const BACKOFF_SECONDS_MAX = 300;
const LOG_SHOWN = 1_200;

export class Pod {
  readonly identity: PodIdentity;
  /** Told by the probes, and since when. */
  readySince: number | undefined;
  /** lost: its node is gone, and the control plane has not drawn the conclusion. */
  state: 'running' | 'lost' | 'terminating' | 'gone' = 'running';
  restarts = 0;
  /** Of its container, the last time. */
  exit: Exit | undefined;
  /** Frozen by a phase: it does not hear SIGTERM, so that nobody waits for it. */
  #isFrozen = false;
  /** SIGTERM was sent, its grace is running. */
  #isEnding = false;
  readonly gone: Promise<void>;
  readonly #options: PodOptions;
  readonly container: Container;
  #process: ContainerProcess | undefined;
  #health: Health | undefined;

  constructor(options: PodOptions) {
    const [container, ...others] = options.template.spec.containers;
    if (container === undefined || others.length > 0 || options.template.spec.initContainers !== undefined)
      throw new ContainerConfigError(`${options.identity.name}: the rehearsal runs Pods of exactly one container`);
    this.#options = options;
    this.container = container;
    this.identity = options.identity;
    this.gone = this.#live();
  }

  get name(): string {
    return this.identity.name;
  }

  get ready(): boolean {
    return (this.state === 'running' || this.state === 'lost') && this.readySince !== undefined;
  }

  /** The end of what its container has written, for messages. */
  get log(): string {
    const { logFile } = this.#options;
    return existsSync(logFile) ? readFileSync(logFile, 'utf8').slice(-LOG_SHOWN) : '';
  }

  /** The API server's delete: SIGTERM, its grace, SIGKILL. Resolves when it is gone. */
  async delete(): Promise<void> {
    if (this.state === 'running') {
      this.state = 'terminating';
      this.readySince = undefined;
      this.#health?.stop();
      await this.#end(this.#options.template.spec.terminationGracePeriodSeconds ?? GRACE_SECONDS);
    }
    await this.gone;
  }

  /** Its node is gone, with the kubelet that would have told anybody: it counts, and as what it was, until `forget`. */
  lose(): void {
    this.state = 'lost';
    this.#health?.stop();
    this.#process?.signal('SIGKILL');
    this.#tell('lost');
  }

  /** Its kubelet was not heard for too long. */
  forget(): void {
    this.readySince = undefined;
  }

  /** The control plane gives a lost one up. */
  giveUp(): void {
    this.state = 'gone';
  }

  freeze(): void {
    this.#isFrozen = true;
    this.#process?.signal('SIGSTOP');
  }

  async #live(): Promise<void> {
    for (let attempts = 0; this.state === 'running'; attempts += 1) {
      if (attempts > 1) {
        const seconds = Math.min(BACKOFF_SECONDS * 2 ** (attempts - 2), BACKOFF_SECONDS_MAX);
        await this.#options.pace.wait(seconds);
        if (this.state !== 'running') break;
      }
      const exit = await this.#run().catch((error: unknown) => {
        if (!(error instanceof ContainerConfigError)) throw error;
        this.#options.onBroken(new ContainerConfigError(`${this.name}: ${error.message}`));
        return undefined;
      });
      if (this.state !== 'running') break;
      this.readySince = undefined;
      if (exit === undefined || this.#runsOnce) break;
      this.restarts += 1;
    }
    if (this.state !== 'lost') this.state = 'gone';
  }

  async #run(): Promise<Exit> {
    const { template } = this.#options;
    requireProbes(this.container);
    requirePreStop(this.container);
    const container = ContainerProcess.start(this.container, {
      ...this.#options,
      volumes: template.spec.volumes ?? [],
    });
    this.#process = container;
    this.#isFrozen = false;
    this.#isEnding = false;
    this.#tell('started');
    const health = new Health(this.container, this.identity.address, {
      onReady: (ready) => {
        this.readySince = ready ? (this.readySince ?? performance.now()) : undefined;
      },
      onFailed: (why) => {
        this.#tell('unhealthy', why);
        health.stop();
        this.readySince = undefined;
        const { livenessProbe } = this.container;
        const { terminationGracePeriodSeconds = GRACE_SECONDS } = template.spec;
        void this.#end(livenessProbe?.terminationGracePeriodSeconds ?? terminationGracePeriodSeconds);
      },
    });
    this.#health = health;
    health.start();
    const exit = await container.ended;
    health.stop();
    this.exit = exit;
    this.#tellExit(exit);
    return exit;
  }

  /** preStop, SIGTERM, and SIGKILL when the grace of both is over. */
  async #end(graceSeconds: number): Promise<void> {
    const container = this.#process;
    if (container === undefined || container.exit !== undefined) return;
    this.#isEnding = true;
    const grace = new AbortController();
    const { signal } = grace;
    const over = this.#isFrozen
      ? this.#options.pace.wait(graceSeconds)
      : delay(graceSeconds * 1_000, undefined, { signal }).catch(() => undefined);
    await Promise.race([this.#preStop(), container.ended, over]);
    container.signal('SIGTERM');
    await Promise.race([container.ended, over]);
    grace.abort();
    container.signal('SIGKILL');
  }

  async #preStop(): Promise<void> {
    const preStop = this.container.lifecycle?.preStop;
    if (preStop === undefined || this.#isFrozen) return;
    const { sleep, exec } = preStop;
    if (sleep !== undefined) await delay(sleep.seconds * 1_000);
    const code = exec === undefined ? 0 : await this.#process?.execute(exec.command);
    if (code !== 0) this.#tell('failed', `preStop ended with ${code}`);
  }

  /** A Job's. */
  get #runsOnce(): boolean {
    return this.#options.template.spec.restartPolicy === 'Never';
  }

  #tellExit({ code, signal }: Exit): void {
    if (this.state === 'lost' || this.state === 'gone') return;
    const how = `ended with ${code ?? signal}`;
    if (this.#runsOnce && code === 0) this.#tell('ended');
    else if (!this.#isEnding) this.#tell('crashed', `${how}: ${this.log}`);
    else if (signal === 'SIGKILL')
      this.#tell('killed', this.#isFrozen ? 'it was frozen' : `its grace was over: ${this.log}`);
    else if (code === 0) this.#tell('ended');
    else this.#tell('failed', `${how}: ${this.log}`);
  }

  #tell(kind: PodEventKind, detail = ''): void {
    this.#options.onEvent({ kind, pod: this.name, at: performance.timeOrigin + performance.now(), detail });
  }
}

/** Throws ContainerConfigError for a hook that would be left out without a word. */
function requirePreStop({ name, lifecycle }: Container): void {
  const preStop = lifecycle?.preStop;
  if (preStop !== undefined && preStop.sleep === undefined && preStop.exec === undefined)
    throw new ContainerConfigError(`${name}: the rehearsal knows no preStop such as ${JSON.stringify(preStop)}`);
}
