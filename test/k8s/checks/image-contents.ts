/** What the manifests expect of our image is in it: its program, the command, the user, the port, the migrations. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { IContainer } from 'kubernetes-models/v1';
import { DockerIgnore, type Instruction, parseDockerfile } from '../../support/dockerfile.ts';
import { type Cluster, isOurImage, type Workload } from '../cluster.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The last stage: what it says is what the image is. */
export interface Image {
  readonly entrypoint: readonly string[];
  readonly user: string;
  readonly port: number;
  readonly folder: string;
  /** Of the repository, that get into the image. */
  readonly holds: (file: string) => boolean;
}

export function readImage(): Image {
  const all = parseDockerfile(readFileSync(`${ROOT}Dockerfile`, 'utf8'));
  const stage = all.slice(all.findLastIndex(({ name }) => name === 'FROM'));
  const last = (name: string): string => stage.findLast((found: Instruction) => found.name === name)?.text ?? '';
  const ignore = new DockerIgnore(readFileSync(`${ROOT}.dockerignore`, 'utf8'));
  return {
    entrypoint: JSON.parse(last('ENTRYPOINT')) as string[],
    user: last('USER').split(':')[0] ?? '',
    port: Number(last('EXPOSE')),
    folder: last('WORKDIR'),
    holds: (file) => ignore.holds(file),
  };
}

/** As the program itself lists them. */
export function readCommands(): readonly string[] {
  const help = execFileSync(process.execPath, [`${ROOT}coinpilot.mjs`, '--help'], { encoding: 'utf8' });
  const list = help.slice(help.indexOf('\nCommands:'));
  return [...list.matchAll(/^ {2}([a-z]+)/gm)].map(([, name = '']) => name);
}

const image = readImage();
const commands = readCommands();

export function imageContents(cluster: Cluster): string[] {
  const ours = cluster.workloads.flatMap((workload) =>
    workload.containers
      .filter((container) => isOurImage(container.image))
      .flatMap((container) => ofContainer(workload, container).map((problem) => `${workload.title}: ${problem}`)),
  );
  return [...problemsOf(image), ...ours];
}

/** Of the image by itself. Their absence once shipped an old strategy. */
export function problemsOf({ holds }: Image): string[] {
  const migrations = readdirSync(`${ROOT}ledger/migrations`).map((name) => `ledger/migrations/${name}`);
  const needed = [
    ...migrations,
    'domain/preset.ts',
    'gateway/dashboard/index.html',
    'coinpilot.example.yaml',
    'main.ts',
  ];
  return needed.filter((file) => !holds(file)).map((file) => `${file} does not get into the image (.dockerignore)`);
}

function ofContainer({ spec }: Workload, container: IContainer): string[] {
  const problems: string[] = [];
  if (container.command !== undefined) problems.push('command takes the place of the image’s ENTRYPOINT: use args');
  if (!image.entrypoint.includes('coinpilot.mjs')) problems.push('the image does not start coinpilot.mjs');
  const [role = '', ...options] = container.args ?? [];
  if (!commands.includes(role)) problems.push(`there is no command "${role}"`);
  if (options.length > 0) problems.push(`${options.join(' ')}: give settings by environment, where they are checked`);
  const user = container.securityContext?.runAsUser ?? spec.securityContext?.runAsUser;
  if (String(user) !== image.user) problems.push(`user ${user} is not the image's, ${image.user}`);
  for (const { name, containerPort } of container.ports ?? [])
    if (containerPort !== image.port) problems.push(`port ${name} is ${containerPort}, the image says ${image.port}`);
  const covers = (container.volumeMounts ?? []).find(({ mountPath }) => image.folder.startsWith(mountPath));
  if (covers !== undefined) problems.push(`a volume at ${covers.mountPath} covers the program`);
  return problems;
}
