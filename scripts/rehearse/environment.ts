/**
 * The environment of a container, made as the kubelet makes it: envFrom, env, references to fields, Secrets and ConfigMaps, and
 * $(NAME) in values. What a reference does not lead to is an error of the Pod, CreateContainerConfigError, never an empty text.
 */
import type { Container, EnvironmentSource, KeyReference, Manifests } from './objects.ts';

/** What a Pod is before it runs. */
export interface PodIdentity {
  readonly name: string;
  readonly namespace: string;
  readonly node: string;
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The manifest asks for what there is not. A cluster would wait for it for ever; the rehearsal ends. */
export class ContainerConfigError extends Error {
  override readonly name = 'CreateContainerConfigError';
}

export function environmentOf(
  container: Container,
  identity: PodIdentity,
  manifests: Manifests,
): Readonly<Record<string, string>> {
  const environment: Record<string, string> = {};
  for (const { prefix = '', secretRef, configMapRef } of container.envFrom ?? []) {
    const values =
      secretRef === undefined
        ? keyed(manifests, 'ConfigMap', configMapRef?.name ?? '')
        : keyed(manifests, 'Secret', secretRef.name);
    for (const [key, value] of Object.entries(values)) environment[prefix + key] = value;
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const given = valueFrom === undefined ? expand(value ?? '', environment) : refer(valueFrom, identity, manifests);
    if (given !== undefined) environment[name] = given;
  }
  return environment;
}

/** $(NAME) of a variable that stands before it; $$( is a plain $(; any other is left as it is, as the kubelet does. */
export function expand(text: string, environment: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([A-Za-z0-9_.-]+)\)/g, (found, name: string | undefined) => {
    if (name === undefined) return '$';
    return environment[name] ?? found;
  });
}

function refer(source: EnvironmentSource, identity: PodIdentity, manifests: Manifests): string | undefined {
  if (source.fieldRef !== undefined) return fieldOf(source.fieldRef.fieldPath, identity);
  if (source.secretKeyRef !== undefined) return keyOf(manifests, 'Secret', source.secretKeyRef);
  if (source.configMapKeyRef !== undefined) return keyOf(manifests, 'ConfigMap', source.configMapKeyRef);
  throw new ContainerConfigError(`the rehearsal knows no reference such as ${JSON.stringify(source)}`);
}

function fieldOf(path: string, { name, namespace, node, address, labels }: PodIdentity): string {
  const fields: Record<string, string> = {
    'metadata.name': name,
    'metadata.namespace': namespace,
    'spec.nodeName': node,
    'status.podIP': address,
  };
  const label = /^metadata\.labels\['([^']+)'\]$/.exec(path)?.[1];
  const value = label === undefined ? fields[path] : (labels[label] ?? '');
  if (value === undefined) throw new ContainerConfigError(`the rehearsal knows no field ${path}`);
  return value;
}

function keyOf(manifests: Manifests, kind: 'ConfigMap' | 'Secret', reference: KeyReference): string | undefined {
  const { name, key, optional = false } = reference;
  const value = manifests.values(kind, name)?.[key];
  if (value === undefined && !optional) throw new ContainerConfigError(`there is no key ${key} in ${kind} ${name}`);
  return value;
}

function keyed(manifests: Manifests, kind: 'ConfigMap' | 'Secret', name: string): Readonly<Record<string, string>> {
  const values = manifests.values(kind, name);
  if (values === undefined) throw new ContainerConfigError(`there is no ${kind} ${name}`);
  return values;
}
