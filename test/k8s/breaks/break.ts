/**
 * Ways to break the manifests, each by one value, with the checks that must say so. "Nothing but the checks named" keeps them apart: a
 * check that fails for everything tells nobody where to look.
 */
import { isFields, type KubernetesObject, titleOf } from '../../../scripts/k8s/objects.ts';
import type { CheckName } from '../checks/index.ts';

export interface Break {
  readonly what: string;
  readonly overlay: 'dev' | 'prod';
  /** Kind and name; of a generated ConfigMap without its hash. */
  readonly object: string;
  /** The place in the object, separated by slashes; names of labels and files, which have slashes or dots, by their parents. */
  readonly at: string;
  /** Undefined removes it. */
  readonly to: unknown;
  /** Beside the check that the break stands under. */
  readonly also?: readonly CheckName[];
}

/** Changes the object; throws when there is no such place, so that a break never breaks nothing. */
export function apply({ object: title, at, to }: Break, objects: readonly KubernetesObject[]): void {
  const object = objects.find(
    (candidate) => titleOf(candidate).replace(/^(ConfigMap .+)-[a-z0-9]{10}$/, '$1') === title,
  );
  if (object === undefined) throw new Error(`there is no ${title} to break`);
  const names = at.split('/');
  const last = names.pop() ?? '';
  const place = names.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], object);
  if (!isFields(place) && !Array.isArray(place)) throw new Error(`${title} has no ${at}`);
  const fields = place as Record<string, unknown>;
  if (to === undefined) delete fields[last];
  else fields[last] = typeof to === 'function' ? to(fields[last]) : to;
}

export const NAME = 'app.kubernetes.io/name';
export const POD = 'spec/template/spec';
export const FIRST = `${POD}/containers/0`;

export const dev = (object: string, at: string, to: unknown, what: string, also: readonly CheckName[] = []): Break => ({
  what,
  overlay: 'dev',
  object,
  at,
  to,
  also,
});

export const prod = (
  object: string,
  at: string,
  to: unknown,
  what: string,
  also: readonly CheckName[] = [],
): Break => ({
  ...dev(object, at, to, what, also),
  overlay: 'prod',
});

/** Another value for one of the variables of a container. */
export const variable =
  (name: string, change: object) =>
  (env: readonly { readonly name: string }[]): unknown =>
    env.map((entry) => (entry.name === name ? { name, ...change } : entry));

export const line = (text: string) => (data: Record<string, string>) => ({
  ...data,
  'coinpilot.yaml': `${data['coinpilot.yaml']}${text}\n`,
});

/** All of coinpilot.yaml. */
export const file = (text: string): unknown => ({ 'coinpilot.yaml': `${text}\n` });

export const without =
  (...names: readonly string[]) =>
  (fields: Record<string, unknown>): unknown =>
    Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));

export const fromSecret = (name: string, key: string): object => ({ valueFrom: { secretKeyRef: { name, key } } });
