/** The failures that are measured, each with its target from the design. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '../../test/support/cluster.ts';
import type { Scenario } from './scenario.ts';

const TWO = ['pod-a', 'pod-b'] as const;
const THREE = [...TWO, 'pod-c'] as const;
const SIX_MORE = ['pod-c', 'pod-d', 'pod-e', 'pod-f', 'pod-g', 'pod-h'] as const;
const BROKER_AWAY_MS = 2_000;

/** Another one each round: Pods differ in age and in what they own. */
const victimOf = (round: number): string => THREE[round % THREE.length]!;

const nothing = async (): Promise<void> => undefined;

async function bringBack(cluster: Cluster, round: number): Promise<void> {
  await cluster.add(victimOf(round));
  await cluster.whenShared();
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'kill',
    title: 'kill -9',
    targetMs: 1_500,
    pods: THREE,
    async event(cluster, round) {
      await cluster.pod(victimOf(round)).kill();
      await cluster.whenServed();
      return undefined;
    },
    restore: bringBack,
  },
  {
    name: 'term',
    title: 'SIGTERM',
    targetMs: 200,
    pods: THREE,
    async event(cluster, round) {
      const problem = await drain(cluster, victimOf(round));
      await cluster.whenServed();
      return problem;
    },
    restore: bringBack,
  },
  {
    name: 'rolling',
    title: 'rolling deploy of three',
    targetMs: 300,
    pods: THREE,
    async event(cluster) {
      const problems: (string | undefined)[] = [];
      for (const name of THREE) {
        problems.push(await drain(cluster, name));
        await cluster.add(name);
        await cluster.whenShared();
      }
      return problems.find((problem) => problem !== undefined);
    },
    restore: nothing,
  },
  {
    name: 'scale',
    title: '2 → 8 → 2',
    targetMs: 600,
    pods: TWO,
    async event(cluster) {
      // One after another: the start of a process is work, and here all of them share the cores that are measured.
      for (const name of SIX_MORE) await cluster.add(name);
      await cluster.whenShared();
      const problems = await Promise.all(SIX_MORE.map((name) => drain(cluster, name)));
      await cluster.whenShared(TWO);
      return problems.find((problem) => problem !== undefined);
    },
    restore: nothing,
  },
  {
    name: 'frozen',
    title: 'owner frozen (SIGSTOP)',
    targetMs: 7_000,
    pods: THREE,
    async event(cluster, round) {
      const frozen = victimOf(round);
      cluster.pod(frozen).freeze();
      await cluster.whenServed(THREE.filter((name) => name !== frozen));
      return undefined;
    },
    async restore(cluster, round) {
      // What it does late is part of the verdict at the end.
      cluster.pod(victimOf(round)).thaw();
      await cluster.whenShared();
    },
  },
  {
    name: 'broker',
    title: `broker away ${BROKER_AWAY_MS / 1_000} s`,
    targetMs: 3_500,
    pods: THREE,
    async event(cluster) {
      const before = await owners(cluster);
      await cluster.broker.kill();
      await delay(BROKER_AWAY_MS);
      await cluster.broker.restart();
      await cluster.whenServed();
      const after = await owners(cluster);
      return before === after ? undefined : `owners changed from ${before} to ${after}`;
    },
    restore: nothing,
  },
];

async function drain(cluster: Cluster, name: string): Promise<string | undefined> {
  const { code, signal } = await cluster.pod(name).drain();
  return code === 0 ? undefined : `${name} ended with ${code ?? signal} instead of 0`;
}

async function owners(cluster: Cluster): Promise<string> {
  return (await cluster.owners()).map(({ symbol, owner, epoch }) => `${symbol}=${owner}@${epoch}`).join(' ');
}
