/** Every container says what it needs and where it ends, and a program that manages its own memory stays within it. */
import type { IContainer } from 'kubernetes-models/v1';
import type { Cluster } from '../cluster.ts';
import { amountOf } from '../quantity.ts';

/** Beside its heap, node needs room for buffers, code and stacks; and what is far less is paid for and never used. */
const HEAP_SHARE_MIN = 0.5;
const HEAP_SHARE_MAX = 0.8;

export function resources(cluster: Cluster): string[] {
  return cluster.workloads.flatMap(({ title, containers }) =>
    containers.flatMap((container) =>
      [...ofAmounts(container), ...ofHeap(container)].map((problem) => `${title}: ${container.name} ${problem}`),
    ),
  );
}

function ofAmounts({ resources: given }: IContainer): string[] {
  return ['cpu', 'memory'].flatMap((name) => {
    const request = given?.requests?.[name];
    const limit = given?.limits?.[name];
    if (request === undefined) return [`requests no ${name}`];
    if (limit === undefined) return [`has no limit of ${name}`];
    return amountOf(request) > amountOf(limit) ? [`requests more ${name} than its limit`] : [];
  });
}

function ofHeap({ env = [], resources: given }: IContainer): string[] {
  const options = env.find(({ name }) => name === 'NODE_OPTIONS')?.value;
  const limit = given?.limits?.memory;
  if (options === undefined || limit === undefined) return [];
  const megabytes = /--max-old-space-size=(\d+)/.exec(options)?.[1];
  if (megabytes === undefined) return [`sets no heap in ${options}`];
  const share = (Number(megabytes) * 2 ** 20) / amountOf(limit);
  return share >= HEAP_SHARE_MIN && share <= HEAP_SHARE_MAX
    ? []
    : [`gives ${Math.round(share * 100)} % of its memory to the heap`];
}
