/**
 * Renders a folder of k8s/ as `kubectl kustomize` does, so that tests need nothing but npm: test/k8s compares the two where kubectl
 * is installed. As a program: node --import tsx scripts/k8s/render.ts dev
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { addHashes, generateConfigMap } from './config-maps.ts';
import { type Kustomization, readKustomization } from './kustomization.ts';
import { merge } from './merge.ts';
import {
  containersOf,
  isFields,
  type KubernetesObject,
  type Metadata,
  podTemplateOf,
  readObjects,
  titleOf,
} from './objects.ts';

export const K8S = fileURLToPath(new URL('../../k8s', import.meta.url));

export interface Rendered {
  readonly objects: readonly KubernetesObject[];
  /** Every kustomization it came from, the overlay's own first. */
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

export function renderOverlay(name: string): Rendered {
  return render(join(K8S, 'overlays', name));
}

export function render(folder: string): Rendered {
  const rendering = new Rendering();
  const objects = rendering.build(folder, []);
  addHashes(objects, rendering.generated);
  return { objects, folders: rendering.folders, files: rendering.files };
}

/** Objects that belong to no namespace, of those used here. */
const CLUSTER_KINDS = new Set(['Namespace']);

class Rendering {
  readonly generated = new Set<KubernetesObject>();
  readonly folders: string[] = [];
  readonly files: string[] = [];

  /** What a folder makes of the objects it is given: resources, components and generators first, then the changes. */
  build(folder: string, given: readonly KubernetesObject[]): KubernetesObject[] {
    const kustomization = readKustomization(folder);
    this.folders.push(folder);
    this.files.push(join(folder, 'kustomization.yaml'));
    const objects = [...given];
    for (const resource of kustomization.resources) {
      const path = join(folder, resource);
      objects.push(...(statSync(path).isDirectory() ? this.build(path, []) : this.#read(path)));
    }
    const composed = kustomization.components.reduce((all, name) => this.build(join(folder, name), all), objects);
    for (const { name, files } of kustomization.configMapGenerator) {
      this.files.push(...files.map((file) => join(folder, file)));
      const map = generateConfigMap(name, folder, files);
      this.generated.add(map);
      composed.push(map);
    }
    refuseTwins(composed, folder);
    for (const { path } of kustomization.patches) {
      for (const patch of this.#read(join(folder, path))) applyPatch(composed, patch, path);
    }
    transform(composed, kustomization);
    return composed;
  }

  #read(file: string): KubernetesObject[] {
    this.files.push(file);
    return readObjects(file);
  }
}

function refuseTwins(objects: readonly KubernetesObject[], folder: string): void {
  const titles = objects.map(titleOf);
  const twin = titles.find((title, index) => titles.indexOf(title) !== index);
  if (twin !== undefined) throw new Error(`${folder}: there are two of ${twin}`);
}

function applyPatch(objects: readonly KubernetesObject[], patch: KubernetesObject, path: string): void {
  const target = objects.find((object) => object.apiVersion === patch.apiVersion && titleOf(object) === titleOf(patch));
  if (target === undefined) throw new Error(`${path}: there is no ${titleOf(patch)} to patch`);
  Object.assign(target, merge(target, patch));
}

function transform(objects: readonly KubernetesObject[], kustomization: Kustomization): void {
  const { namespace, labels, images } = kustomization;
  for (const object of objects) {
    if (namespace !== undefined && !CLUSTER_KINDS.has(object.kind)) object.metadata.namespace = namespace;
    for (const { pairs } of labels) addLabels(object, pairs);
    const template = podTemplateOf(object);
    if (template === undefined) continue;
    for (const container of containersOf(template.spec)) {
      const [name, tag] = String(container.image).split(':');
      const image = images.find((candidate) => candidate.name === name);
      if (image !== undefined) container.image = `${image.newName}:${tag}`;
    }
  }
}

/** On the object, on the Pods it makes, and on the volumes of a StatefulSet; never in a selector, which can't be changed later. */
function addLabels(object: KubernetesObject, pairs: Readonly<Record<string, string>>): void {
  const template = podTemplateOf(object);
  const claims = isFields(object.spec) ? object.spec.volumeClaimTemplates : undefined;
  const labelled = [object, template, ...((claims as { metadata?: Partial<Metadata> }[] | undefined) ?? [])];
  for (const part of labelled) {
    if (part !== undefined)
      part.metadata = { ...part.metadata, labels: { ...part.metadata?.labels, ...pairs } } as Metadata;
  }
}

/** The namespace stands first: kubectl applies in the order of the text. */
export function toYaml(objects: readonly KubernetesObject[]): string {
  return objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join('---\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [name] = process.argv.slice(2);
  if (name === undefined) {
    process.stderr.write('name an overlay: dev or prod\n');
    process.exitCode = 2;
  } else process.stdout.write(toYaml(renderOverlay(name).objects));
}
