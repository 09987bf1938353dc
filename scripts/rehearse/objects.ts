/** The objects of a rendered overlay, as far as the rehearsal reads them. Names are those of Kubernetes. */

export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface KubernetesObject {
  readonly kind: string;
  readonly metadata: Metadata;
}

/** Exactly one of them; which is a matter of the manifest. */
export interface EnvironmentSource {
  readonly fieldRef?: { readonly fieldPath: string };
  readonly secretKeyRef?: KeyReference;
  readonly configMapKeyRef?: KeyReference;
}

export interface KeyReference {
  readonly name: string;
  readonly key: string;
  readonly optional?: boolean;
}

export interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: EnvironmentSource;
}

export interface Probe {
  readonly httpGet?: { readonly path?: string; readonly port: number | string };
  readonly tcpSocket?: { readonly port: number | string };
  readonly exec?: { readonly command: readonly string[] };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly failureThreshold?: number;
  readonly successThreshold?: number;
  readonly terminationGracePeriodSeconds?: number;
}

/** What happens before SIGTERM, as a part of the grace. */
export interface PreStop {
  readonly sleep?: { readonly seconds: number };
  readonly exec?: { readonly command: readonly string[] };
}

export interface Container {
  readonly name: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvironmentVariable[];
  readonly envFrom?: readonly {
    readonly prefix?: string;
    readonly secretRef?: { readonly name: string };
    readonly configMapRef?: { readonly name: string };
  }[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly subPath?: string }[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly lifecycle?: { readonly preStop?: PreStop };
}

interface ProjectedFiles {
  readonly items?: readonly { readonly key: string; readonly path: string }[];
}

export interface Volume {
  readonly name: string;
  readonly configMap?: ProjectedFiles & { readonly name: string };
  readonly secret?: ProjectedFiles & { readonly secretName: string };
  readonly emptyDir?: object;
}

export interface PodTemplate {
  readonly metadata?: Partial<Metadata>;
  readonly spec: {
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
    readonly volumes?: readonly Volume[];
    readonly restartPolicy?: string;
    readonly terminationGracePeriodSeconds?: number;
  };
}

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
}

export interface Deployment extends KubernetesObject {
  readonly spec: {
    readonly replicas?: number;
    readonly minReadySeconds?: number;
    readonly selector: Selector;
    readonly strategy?: {
      readonly type?: string;
      readonly rollingUpdate?: { readonly maxSurge?: number | string; readonly maxUnavailable?: number | string };
    };
    readonly template: PodTemplate;
  };
}

export interface Job extends KubernetesObject {
  readonly spec: { readonly backoffLimit?: number; readonly template: PodTemplate };
}

export interface StatefulSet extends KubernetesObject {
  readonly spec: { readonly replicas?: number; readonly serviceName: string; readonly template: PodTemplate };
}

export interface Service extends KubernetesObject {
  readonly spec: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports: readonly { readonly port: number; readonly targetPort?: number | string }[];
  };
}

export interface DisruptionBudget extends KubernetesObject {
  readonly spec: {
    readonly selector: Selector;
    readonly minAvailable?: number | string;
    readonly maxUnavailable?: number | string;
  };
}

export interface ScalingRules {
  readonly stabilizationWindowSeconds?: number;
  readonly selectPolicy?: 'Max' | 'Min' | 'Disabled';
  readonly policies?: readonly {
    readonly type: 'Pods' | 'Percent';
    readonly value: number;
    readonly periodSeconds: number;
  }[];
}

export interface Autoscaler extends KubernetesObject {
  readonly spec: {
    readonly scaleTargetRef: { readonly kind: string; readonly name: string };
    readonly minReplicas?: number;
    readonly maxReplicas: number;
    readonly behavior?: { readonly scaleUp?: ScalingRules; readonly scaleDown?: ScalingRules };
  };
}

export interface KeyedData extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
}

interface Kinds {
  readonly Deployment: Deployment;
  readonly Job: Job;
  readonly StatefulSet: StatefulSet;
  readonly Service: Service;
  readonly PodDisruptionBudget: DisruptionBudget;
  readonly HorizontalPodAutoscaler: Autoscaler;
  readonly ConfigMap: KeyedData;
  readonly Secret: KeyedData;
}

/** A rendered overlay. */
export class Manifests {
  readonly objects: readonly KubernetesObject[];

  constructor(objects: readonly KubernetesObject[]) {
    this.objects = objects;
  }

  all<Kind extends keyof Kinds>(kind: Kind): readonly Kinds[Kind][] {
    return this.objects.filter((object) => object.kind === kind) as unknown as readonly Kinds[Kind][];
  }

  find<Kind extends keyof Kinds>(kind: Kind, name: string): Kinds[Kind] | undefined {
    return this.all(kind).find(({ metadata }) => metadata.name === name);
  }

  get<Kind extends keyof Kinds>(kind: Kind, name: string): Kinds[Kind] {
    const found = this.find(kind, name);
    if (found === undefined) throw new Error(`the overlay has no ${kind} ${name}`);
    return found;
  }

  /** The values of a ConfigMap or Secret as text; undefined when there is none of that name. */
  values(kind: 'ConfigMap' | 'Secret', name: string): Readonly<Record<string, string>> | undefined {
    const found = this.find(kind, name);
    if (found === undefined) return undefined;
    if (kind === 'ConfigMap') return found.data ?? {};
    const decoded = Object.entries(found.data ?? {}).map(([key, value]) => [
      key,
      Buffer.from(value, 'base64').toString(),
    ]);
    return { ...Object.fromEntries(decoded), ...found.stringData };
  }
}

/** Whether labels have everything a selector asks for. */
export function matches(
  selector: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>> = {},
): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value);
}
