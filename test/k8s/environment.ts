/** What a container of ours starts with, and what the code makes of it: its own readers of settings, and nothing like them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IContainer } from 'kubernetes-models/v1';
import { type EngineSettings, readEngineSettings } from '../../cli/engine-settings.ts';
import { setting } from '../../cli/find-engine.ts';
import type { Role } from '../../supervisors/roles/engine-config.ts';
import type { Cluster, Workload } from './cluster.ts';

const POD_NAME = 'pod-7c9f8d6b5-x2x4z';
/** Read by Node itself. */
const OF_NODE = ['NODE_OPTIONS'];

export interface Started {
  /** Null for `migrate`, which reads one setting. */
  readonly settings: EngineSettings | null;
  readonly databaseUrl: string;
}

export const roleOf = ({ args = [] }: IContainer): string => args[0] ?? '';

/** As the program reads it at its start. Throws what the program would say, and for a variable that it does not read. */
export function startOf(cluster: Cluster, workload: Workload, container: IContainer): Started {
  const read = new Set<string>();
  const folder = mkdtempSync(join(tmpdir(), 'coinpilot-k8s-'));
  try {
    const environment = environmentOf(cluster, container);
    const config = environment.COINPILOT_CONFIG;
    if (config !== undefined) environment.COINPILOT_CONFIG = copyOf(cluster, workload, container, config, folder);
    const watched = new Proxy(environment, {
      get: (target, name) => {
        if (typeof name === 'string') read.add(name);
        return Reflect.get(target, name);
      },
    });
    const started = settingsOf(roleOf(container), watched);
    const unread = Object.keys(environment).filter((name) => !read.has(name) && !OF_NODE.includes(name));
    if (unread.length > 0) throw new Error(`nobody reads ${unread.join(', ')}`);
    return started;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function settingsOf(role: string, environment: NodeJS.ProcessEnv): Started {
  if (role !== 'migrate') {
    const settings = readEngineSettings(role as Role, {}, environment);
    return { settings, databaseUrl: settings.config.databaseUrl ?? '' };
  }
  const url = setting({ flags: {}, environment, file: {}, directory: '/' }, 'databaseUrl', ['DATABASE_URL']);
  if (typeof url !== 'string') throw new Error('DATABASE_URL: migrate needs a Postgres');
  return { settings: null, databaseUrl: url };
}

/** Variables as the kubelet makes them; one whose reference leads nowhere is left out (the check of references tells). */
export function environmentOf(cluster: Cluster, { env = [] }: IContainer): NodeJS.ProcessEnv {
  const environment: Record<string, string> = {};
  for (const { name, value, valueFrom } of env) {
    const { secretKeyRef, configMapKeyRef, fieldRef } = valueFrom ?? {};
    const given =
      value?.replace(/\$\((\w+)\)/g, (text, other: string) => environment[other] ?? text) ??
      cluster.values('Secret', secretKeyRef?.name ?? '')?.[secretKeyRef?.key ?? ''] ??
      cluster.values('ConfigMap', configMapKeyRef?.name ?? '')?.[configMapKeyRef?.key ?? ''] ??
      (fieldRef === undefined ? undefined : POD_NAME);
    if (given !== undefined) environment[name] = given;
  }
  return environment;
}

/** The file of a mounted ConfigMap, where this machine's code can read it. */
function copyOf(
  cluster: Cluster,
  { spec }: Workload,
  { volumeMounts = [] }: IContainer,
  path: string,
  folder: string,
): string {
  const mount = volumeMounts.find(({ mountPath }) => path.startsWith(`${mountPath}/`));
  const volume = spec.volumes?.find(({ name }) => name === mount?.name);
  const file = path.slice((mount?.mountPath.length ?? 0) + 1);
  const text = cluster.values('ConfigMap', volume?.configMap?.name ?? '')?.[file];
  if (text === undefined) throw new Error(`COINPILOT_CONFIG: nothing is mounted at ${path}`);
  const copy = join(folder, 'coinpilot.yaml');
  writeFileSync(copy, text);
  return copy;
}
