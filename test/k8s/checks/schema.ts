/**
 * Every object against the schema of its kind, fields that the schema does not have included.
 *
 * The validators of kubernetes-models know types and what is required, but pass over what they do not know. They read every field they
 * know, though: a field that was there and that nobody read is one that Kubernetes does not have.
 */

import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { Job } from 'kubernetes-models/batch/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Namespace, Secret, Service, ServiceAccount } from 'kubernetes-models/v1';
import { type Fields, isFields, type KubernetesObject, titleOf } from '../../../scripts/k8s/objects.ts';
import type { Cluster } from '../cluster.ts';
import { customResourceProblems } from './custom-resources.ts';

interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly prototype: { validate(): void };
}

const KINDS: readonly Kind[] = [
  ConfigMap,
  Deployment,
  HorizontalPodAutoscaler,
  Job,
  Namespace,
  NetworkPolicy,
  PodDisruptionBudget,
  Secret,
  Service,
  ServiceAccount,
  StatefulSet,
];

export function schema(cluster: Cluster): string[] {
  return cluster.everything.flatMap((object) => problemsOf(object).map((problem) => `${titleOf(object)}: ${problem}`));
}

function problemsOf(object: KubernetesObject): readonly string[] {
  const kind = KINDS.find((known) => known.apiVersion === object.apiVersion && known.kind === object.kind);
  if (kind === undefined) return customResourceProblems(object);
  const reading = new Reading();
  try {
    kind.prototype.validate.call(reading.of(object, ''));
  } catch (error) {
    return [(error as Error).message];
  }
  return reading.unread().map((path) => `${path} is unknown to Kubernetes`);
}

/** Remembers which fields of an object, and of everything in it, have been read. */
class Reading {
  readonly #places: { readonly path: string; readonly value: object; readonly read: Set<string> }[] = [];

  of<T extends object>(value: T, path: string): T {
    const read = new Set<string>();
    this.#places.push({ path, value, read });
    return new Proxy(value, {
      get: (target, name) => {
        const part: unknown = Reflect.get(target, name);
        if (typeof name !== 'string' || !Object.hasOwn(target, name)) return part;
        read.add(name);
        return isFields(part) || Array.isArray(part) ? this.of(part as Fields, `${path}/${name}`) : part;
      },
    });
  }

  unread(): string[] {
    const read = new Map<string, Set<string>>();
    // A validator may look at the same place twice, with different schemas.
    for (const place of this.#places) read.set(place.path, new Set([...(read.get(place.path) ?? []), ...place.read]));
    const fields = this.#places.flatMap(({ path, value }) =>
      Object.keys(value).flatMap((name) => (read.get(path)?.has(name) ? [] : [`${path}/${name}`])),
    );
    return [...new Set(fields)];
  }
}
