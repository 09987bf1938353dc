/** What runs is what was meant: each image by a version that stays, our own by the version of this repository. */
import { readFileSync } from 'node:fs';
import { titleOf } from '../../../scripts/k8s/objects.ts';
import { type Cluster, isOurImage } from '../cluster.ts';

const VERSION = (
  JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

export function images(cluster: Cluster): string[] {
  const used = cluster.workloads.flatMap(({ title, object, containers }) =>
    containers.map(({ image = '' }) => ({ title, image, name: object.metadata.name, isJob: object.kind === 'Job' })),
  );
  const problems = used.flatMap(({ title, image, name, isJob }) => {
    const tag = tagOf(image);
    if (!isPinned(tag)) return [`${title}: ${image} is no version that stays`];
    if (!isOurImage(image)) return [];
    if (tag !== VERSION) return [`${title}: ${image} is not of this version, ${VERSION}`];
    // A Job of an earlier version is still there, and can't be changed.
    const ending = tag.replaceAll('.', '-');
    return isJob && !name.endsWith(`-${ending}`)
      ? [`${title}: its name must end in -${ending}, as its image does`]
      : [];
  });
  const postgres = cluster.all('Cluster').flatMap((object) => {
    const { imageName = '' } = object.spec as { imageName?: string };
    return isPinned(tagOf(imageName)) ? [] : [`${titleOf(object)}: ${imageName} is no version that stays`];
  });
  return [...problems, ...postgres];
}

const tagOf = (image: string): string => /:([^:/@]+)(?:@sha256:[0-9a-f]{64})?$/.exec(image)?.[1] ?? '';

/** "latest", "17" and "stable" are other bytes tomorrow. */
const isPinned = (tag: string): boolean => /^v?\d+\.\d+/.test(tag);
