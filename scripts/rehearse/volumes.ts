/**
 * The files a Pod mounts. A process has no mounts of its own, so that ConfigMaps and Secrets are written below a temporary
 * folder, and paths in its arguments and environment that begin with a mount are led there.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ContainerConfigError } from './environment.ts';
import type { Container, Manifests, Volume } from './objects.ts';

/** Where a path of the container is on this machine. */
export type PathMap = (text: string) => string;

export function mountVolumes(
  container: Container,
  options: { readonly volumes: readonly Volume[]; readonly manifests: Manifests; readonly folder: string },
): PathMap {
  const { volumes, manifests, folder } = options;
  const mounts = (container.volumeMounts ?? []).flatMap(({ name, mountPath, subPath }): [string, string][] => {
    const volume = volumes.find((candidate) => candidate.name === name);
    if (volume === undefined) throw new ContainerConfigError(`there is no volume ${name}`);
    const files = filesOf(volume, manifests);
    // An empty folder of a Pod is the machine's own: nothing in it is looked at by others.
    if (files === undefined) return [];
    const place = join(folder, name);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(place, path)), { recursive: true });
      writeFileSync(join(place, path), text, { mode: 0o600 });
    }
    return [[mountPath, subPath === undefined ? place : join(place, subPath)]];
  });
  return (text) => {
    const mount = mounts.find(([path]) => text === path || text.startsWith(`${path}/`));
    return mount === undefined ? text : mount[1] + text.slice(mount[0].length);
  };
}

/** Undefined for an emptyDir. */
function filesOf(volume: Volume, manifests: Manifests): Readonly<Record<string, string>> | undefined {
  const { configMap, secret, emptyDir } = volume;
  if (configMap !== undefined) return projected(manifests, 'ConfigMap', configMap.name, configMap.items);
  if (secret !== undefined) return projected(manifests, 'Secret', secret.secretName, secret.items);
  if (emptyDir !== undefined) return undefined;
  throw new ContainerConfigError(`the rehearsal can't mount volume ${volume.name}`);
}

function projected(
  manifests: Manifests,
  kind: 'ConfigMap' | 'Secret',
  name: string,
  items?: readonly { readonly key: string; readonly path: string }[],
): Readonly<Record<string, string>> {
  const values = manifests.values(kind, name);
  if (values === undefined) throw new ContainerConfigError(`there is no ${kind} ${name} to mount`);
  if (items === undefined) return values;
  const files = items.map(({ key, path }) => {
    const text = values[key];
    if (text === undefined) throw new ContainerConfigError(`there is no key ${key} in ${kind} ${name}`);
    return [path, text];
  });
  return Object.fromEntries(files);
}
