/**
 * A rehearsal from its first process to its verdict: builds what the image would hold, applies the overlay to the stand-in
 * for a cluster, puts clients to work, lets happen what happens to clusters, and has everything judged by SQL at the end.
 */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { judge } from '../../test/support/fill-verdict.ts';
import { ControlPlane } from './control-plane.ts';
import { environmentOf } from './environment.ts';
import { Image } from './image.ts';
import { Load } from './load.ts';
import { type KubernetesObject, Manifests } from './objects.ts';
import { Pace } from './pace.ts';
import type { Phase } from './phases.ts';
import { type PhaseRun, type Row, rowOf } from './report.ts';
import { type ServerSettings, Servers } from './servers.ts';
import { ServiceClient } from './service-client.ts';
import { Undertaker } from './undertaker.ts';

export interface RehearsalOptions {
  /** A rendered overlay. */
  readonly objects: readonly KubernetesObject[];
  readonly phases: readonly Phase[];
  readonly factor: number;
  /** A folder that keeps what the Pods wrote. */
  readonly logs: string | undefined;
  /** Told while it goes on. */
  readonly say: (text: string) => void;
  /** Ends everything at once. */
  readonly signal: AbortSignal;
}

export interface Outcome {
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
  /** Of the ledger against what clients noted. */
  readonly faults: readonly string[];
}

const ENGINE = 'engine';
const GATEWAY = 'gateway';
/** The overlay for one machine has one, who can't but be missed while its node is drained. */
const GATEWAYS = 2;
const CALM_MS_MAX = 90_000;
const LOOK_EVERY_MS = 200;
/** Commands that are under way when a phase ends belong to it. */
const SETTLE_MS = 500;

const INSTALL = { name: 'install', title: 'apply the overlay', expected: [], mayMissVisits: false } as const;

export async function rehearse(options: RehearsalOptions): Promise<Outcome> {
  const rehearsal = new Rehearsal(options);
  try {
    const ended = new Promise<never>((_, reject) => {
      options.signal.addEventListener('abort', () => reject(new Error('it was ended from outside')));
    });
    return await Promise.race([rehearsal.run(), ended]);
  } finally {
    await rehearsal.remove();
  }
}

class Rehearsal {
  readonly #options: RehearsalOptions;
  readonly #manifests: Manifests;
  readonly #folder = mkdtempSync(join(tmpdir(), 'coinpilot-rehearsal-'));
  readonly #undertaker = new Undertaker(this.#folder);
  readonly #pace: Pace;
  readonly #runs: PhaseRun[] = [];
  #servers: Promise<Servers> | undefined;
  #controlPlane: ControlPlane | undefined;
  #load: Load | undefined;

  constructor(options: RehearsalOptions) {
    this.#options = options;
    this.#manifests = new Manifests(options.objects);
    this.#pace = new Pace(options.factor);
  }

  async run(): Promise<Outcome> {
    const manifests = this.#manifests;
    this.#options.say('building what the image holds …');
    const image = await Image.build(join(this.#folder, 'image'));
    this.#servers = Servers.start(settingsOf(manifests), this.#undertaker);
    const servers = await this.#servers;
    const load = await Load.connect(servers);
    this.#load = load;
    const controlPlane = this.#control(image, servers);
    this.#controlPlane = controlPlane;
    const visitor = new ServiceClient({ service: GATEWAY, path: '/', controlPlane, manifests });
    const whenCalm = (): Promise<void> => this.#whenCalm(controlPlane, load);

    const install = async (): Promise<string> => {
      controlPlane.start();
      await Promise.all(manifests.all('Job').map((job) => controlPlane.run(job)));
      await load.start(() => controlPlane.explain());
      await whenCalm();
      visitor.start();
      return `Postgres, ${servers.broker}, ${controlPlane.pods.length} Pods`;
    };
    const stage = { controlPlane, manifests, pace: this.#pace, whenCalm };
    const phases = this.#options.phases.map((phase) => ({ ...phase, run: () => phase.run(stage) }));
    for (const phase of [{ ...INSTALL, run: install }, ...phases]) {
      await this.#phase(phase, controlPlane);
      if (this.#runs.at(-1)?.problem !== undefined) break;
    }

    await visitor.stop();
    const { records } = await load.stop();
    await controlPlane.stop();
    // Where nothing was ever served there is a phase that says why, and no ledger to judge.
    const isJudged = load.funding.length > 0;
    const noted = { records: [...load.funding, ...records] };
    const faults = isJudged ? (await judge(servers.databaseUrl, noted)).faults : [];
    const { events } = controlPlane;
    const seen = { records, events, visits: visitor.visits, candlesAt: load.candlesAt };
    const rows = this.#runs.map((run, index, { length }) => rowOf(run, seen, index === length - 1));
    return { rows, notes: this.#notes(servers), faults };
  }

  /** In whatever state it is. */
  async remove(): Promise<void> {
    this.#controlPlane?.kill();
    await this.#load?.close();
    const servers = await this.#servers?.catch(() => undefined);
    await servers?.stop();
    this.#undertaker.close();
  }

  #control(image: Image, servers: Servers): ControlPlane {
    const manifests = this.#manifests;
    const logs = this.#options.logs ?? join(this.#folder, 'logs');
    mkdirSync(logs, { recursive: true });
    const controlPlane = new ControlPlane({
      manifests,
      table: servers.tableOf(manifests),
      image,
      logs,
      undertaker: this.#undertaker,
      pace: this.#pace,
      folder: this.#folder,
    });
    // Its number is the autoscaler's, who looks after the first Pods have come.
    for (const { spec } of manifests.all('HorizontalPodAutoscaler'))
      controlPlane.deployment(spec.scaleTargetRef.name).atLeast(spec.minReplicas ?? 1);
    controlPlane.deployment(GATEWAY).atLeast(GATEWAYS);
    return controlPlane;
  }

  /** One that is given up is told in its row, and is the last. */
  async #phase(phase: PhaseRun['phase'] & { run(): Promise<string> }, { broken }: ControlPlane): Promise<void> {
    this.#options.say(`${phase.title} …`);
    const from = now();
    const outcome = await Promise.race([phase.run(), broken]).then(
      (remark) => ({ remark }),
      (error: Error) => ({ remark: 'given up', problem: `${error.name}: ${error.message}` }),
    );
    await delay(SETTLE_MS);
    this.#runs.push({ phase, from, to: now(), ...outcome });
  }

  async #whenCalm(controlPlane: ControlPlane, load: Load): Promise<void> {
    const deadline = performance.now() + CALM_MS_MAX;
    for (;;) {
      const problem = controlPlane.isSettled ? await load.unserved() : 'a Deployment has not what it asks for';
      if (problem === undefined) return;
      if (performance.now() > deadline)
        throw new Error(`after ${CALM_MS_MAX / 1_000} s ${problem}\n${controlPlane.explain()}`);
      await delay(LOOK_EVERY_MS);
    }
  }

  /** What differs from a cluster: a reader of the table has to know. */
  #notes({ broker }: Servers): string[] {
    const played = [
      'Deployment',
      'Job',
      'Service',
      'PodDisruptionBudget',
      'HorizontalPodAutoscaler',
      'ConfigMap',
      'Secret',
    ];
    const kinds = new Set(this.#manifests.objects.map(({ kind }) => kind).filter((kind) => !played.includes(kind)));
    return [
      `Postgres and ${broker} run outside of the nodes, under the names of their Services; no other name resolves.`,
      `There are ${GATEWAYS} gateway Pods, as in k8s/base.`,
      `Waits of Kubernetes' controllers are ${this.#pace.factor} times shorter than on a cluster, and so is the grace of a Pod that hangs. Probes, other graces and the engine keep their time.`,
      'A lost node is asked for pages until the control plane has noticed: up to 40 s on a cluster.',
      'All processes share this machine: limits of processors and memory are not enforced, beyond what NODE_OPTIONS says.',
      `Not played: ${[...kinds].sort().join(', ')}.`,
    ];
  }
}

/** What the engine's first container is given. */
function settingsOf(manifests: Manifests): ServerSettings {
  const { spec, metadata } = manifests.get('Deployment', ENGINE);
  const [container] = spec.template.spec.containers;
  if (container === undefined) throw new Error(`Deployment ${ENGINE} has no container`);
  const nobody = { name: 'nobody', namespace: metadata.namespace ?? 'default', node: '', address: '', labels: {} };
  const { DATABASE_URL: databaseUrl, NATS_TOKEN: natsToken } = environmentOf(container, nobody, manifests);
  if (databaseUrl === undefined) throw new Error(`Deployment ${ENGINE} gives its Pods no DATABASE_URL`);
  return { databaseUrl, natsToken };
}

function now(): number {
  return performance.timeOrigin + performance.now();
}
