/**
 * What would be in the cluster: the objects of an overlay, the Secrets that people make beforehand (secrets.example.yaml), and what
 * CloudNativePG makes of a Cluster. Checks read it and never change it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { IContainer, IPodSpec, IService } from 'kubernetes-models/v1';
import {
  type Fields,
  isFields,
  type KubernetesObject,
  podTemplateOf,
  readObjects,
  titleOf,
} from '../../scripts/k8s/objects.ts';
import type { Rendered } from '../../scripts/k8s/render.ts';

export type Labels = Readonly<Record<string, string>>;

export interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

/** Pods that are alike. */
export interface PodGroup {
  readonly title: string;
  readonly labels: Labels;
  readonly ports: readonly { readonly name?: string; readonly number: number }[];
}

/** Pods that an object of the overlay makes. */
export interface Workload extends PodGroup {
  readonly object: KubernetesObject;
  readonly spec: IPodSpec;
  readonly containers: readonly IContainer[];
  /** Runs our image. */
  readonly isOurs: boolean;
}

export class Cluster {
  readonly objects: readonly KubernetesObject[];
  /** Given by people and operators; not applied with the overlay. */
  readonly given: readonly KubernetesObject[];

  constructor(objects: readonly KubernetesObject[], examples: readonly KubernetesObject[]) {
    this.objects = objects;
    this.given = [...examples, ...objects.flatMap(madeByCloudNativePg)];
  }

  static of({ objects, folders }: Rendered): Cluster {
    const files = folders.map((folder) => join(folder, 'secrets.example.yaml')).filter((file) => existsSync(file));
    return new Cluster(objects, files.flatMap(readObjects));
  }

  get everything(): readonly KubernetesObject[] {
    return [...this.objects, ...this.given];
  }

  /** Of one kind, by the type of kubernetes-models that the schema check holds them to. */
  all<T = KubernetesObject>(kind: string): readonly (T & KubernetesObject)[] {
    return this.objects.filter((object) => object.kind === kind) as (T & KubernetesObject)[];
  }

  get services(): readonly (IService & KubernetesObject)[] {
    return this.everything.filter(({ kind }) => kind === 'Service') as (IService & KubernetesObject)[];
  }

  get workloads(): readonly Workload[] {
    return this.objects.flatMap((object) => {
      const template = podTemplateOf(object);
      if (template === undefined) return [];
      const spec = template.spec as unknown as IPodSpec;
      const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
      const ports = containers.flatMap((container) => container.ports ?? []);
      return {
        object,
        spec,
        containers,
        title: titleOf(object),
        labels: template.metadata?.labels ?? {},
        ports: ports.map(({ name, containerPort: number }) => ({ number, ...(name === undefined ? {} : { name }) })),
        isOurs: containers.some(({ image }) => isOurImage(image)),
      };
    });
  }

  get podGroups(): readonly PodGroup[] {
    return [...this.workloads, ...this.objects.filter(isPostgresCluster).map(instancesOf)];
  }

  /** Values of a Secret or ConfigMap as text; undefined when nobody makes it. */
  values(kind: 'Secret' | 'ConfigMap', name: string): Readonly<Record<string, string>> | undefined {
    const found = this.everything.find((object) => object.kind === kind && object.metadata.name === name);
    if (found === undefined) return undefined;
    const values = Object.entries((found.stringData ?? found.data ?? {}) as Fields);
    return Object.fromEntries(values.map(([key, value]) => [key, String(value)]));
  }
}

export function isOurImage(image = ''): boolean {
  return /(?:^|\/)coinpilot:/.test(image);
}

/** As Kubernetes reads it: an empty selector selects everything, none selects nothing. */
export function selects(selector: Selector | undefined, labels: Labels): boolean {
  if (selector === undefined) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const named = Object.entries(matchLabels).every(([name, value]) => labels[name] === value);
  return (
    named &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      if (operator !== 'In') throw new Error(`the checks know no selector with ${operator}`);
      return values.includes(labels[key] ?? '');
    })
  );
}

const POSTGRES_PORT = 5432;
const POSTGRES_STATUS_PORT = 8000;

function isPostgresCluster({ apiVersion, kind }: KubernetesObject): boolean {
  return apiVersion === 'postgresql.cnpg.io/v1' && kind === 'Cluster';
}

function instancesOf(cluster: KubernetesObject): PodGroup {
  const { name } = cluster.metadata;
  const inherited = (cluster.spec as { inheritedMetadata?: { labels?: Labels } }).inheritedMetadata;
  return {
    title: titleOf(cluster),
    labels: { 'cnpg.io/cluster': name, ...inherited?.labels },
    ports: [{ number: POSTGRES_PORT }, { number: POSTGRES_STATUS_PORT }],
  };
}

/** The Service of the primary and the Secret of the owner, as its documentation describes them. */
function madeByCloudNativePg(object: KubernetesObject): KubernetesObject[] {
  if (!isPostgresCluster(object)) return [];
  const { name, namespace = '' } = object.metadata;
  const { database = 'app', owner = 'app' } = initdbOf(object);
  const address = `${name}-rw.${namespace}.svc.cluster.local:${POSTGRES_PORT}`;
  const stringData = {
    dbname: database,
    username: owner,
    password: 'made-by-the-operator',
    'fqdn-uri': `postgresql://${owner}:made-by-the-operator@${address}/${database}`,
  };
  const ports = [{ name: 'postgres', port: POSTGRES_PORT, targetPort: POSTGRES_PORT }];
  return [
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: `${name}-app`, namespace }, stringData },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: `${name}-rw`, namespace },
      spec: { selector: { 'cnpg.io/cluster': name }, ports },
    },
  ];
}

function initdbOf({ spec }: KubernetesObject): { readonly database?: string; readonly owner?: string } {
  const bootstrap = isFields(spec) ? (spec.bootstrap as Fields | undefined) : undefined;
  return (bootstrap?.initdb ?? {}) as { database?: string; owner?: string };
}
