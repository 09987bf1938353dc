/** Probes ask what the code answers, and their answers mean what a probe is for. The servers asked are the program's own. */
import type { IContainer, IProbe } from 'kubernetes-models/v1';
import { type StatusServer, startStatusServer } from '../../../gateway/status-server.ts';
import { httpWorld, request } from '../../unit/http/http-world.ts';
import { type Cluster, isOurImage, type Workload } from '../cluster.ts';
import { roleOf } from '../environment.ts';

interface State {
  readonly live: boolean;
  readonly ready: boolean;
}

const SERVING: State = { live: true, ready: true };
const WAITING: State = { live: true, ready: false };

export async function probes(cluster: Cluster): Promise<string[]> {
  const problems = await Promise.all(
    cluster.workloads.flatMap((workload) => workload.containers.map((container) => ofContainer(workload, container))),
  );
  return problems.flat();
}

async function ofContainer(workload: Workload, container: IContainer): Promise<string[]> {
  // A Job says by its end how it went.
  if (workload.object.kind === 'Job') return [];
  const { startupProbe, livenessProbe, readinessProbe } = container;
  const named = { startupProbe, livenessProbe, readinessProbe };
  const missing = Object.entries(named).filter(([, probe]) => probe === undefined);
  const problems = missing.map(([name]) => `${container.name} has no ${name}`);
  if (isOurImage(container.image)) {
    for (const [name, probe] of Object.entries(named))
      problems.push(...(await meaningOf(name, probe, roleOf(container))));
  }
  const patience = (startupProbe?.periodSeconds ?? 10) * (startupProbe?.failureThreshold ?? 3);
  if (startupProbe !== undefined && patience < STARTUP_SECONDS_MIN)
    problems.push(`a start may take ${patience} s only`);
  return problems.map((problem) => `${workload.title}: ${problem}`);
}

/** A machine that is busy starts slowly. */
const STARTUP_SECONDS_MIN = 30;

async function meaningOf(name: string, probe: IProbe | undefined, role: string): Promise<string[]> {
  const path = probe?.httpGet?.path;
  if (path === undefined) return probe === undefined ? [] : [`${name} must ask over HTTP`];
  const serving = await statusOf(role, path, SERVING);
  const waiting = await statusOf(role, path, WAITING);
  if (serving !== 200) return [`${name} asks ${path}, which ${role} answers with ${serving}`];
  if (name === 'readinessProbe')
    return waiting === 503 ? [] : [`${name} asks ${path}, which is ${waiting} while it is not ready`];
  return waiting === 200 ? [] : [`${name} asks ${path}: it would end a Pod that only waits`];
}

const answers = new Map<string, Promise<number>>();

/** What the server of a role says, in a state; asked once. */
function statusOf(role: string, path: string, state: State): Promise<number> {
  const question = JSON.stringify([role, path, state]);
  const answer = answers.get(question) ?? ask(role, path, state);
  answers.set(question, answer);
  return answer;
}

async function ask(role: string, path: string, state: State): Promise<number> {
  if (role === 'gateway') {
    const { handle } = await httpWorld({ ready: { ledger: state.ready, bus: true, ownership: true } });
    return (await handle(request(path))).status;
  }
  let server: StatusServer | undefined;
  try {
    server = await startStatusServer({
      port: 0,
      live: () => state.live,
      ready: () => state.ready,
      status: () => ({}),
      access: {},
    });
    return (await fetch(`${server.url}${path}`)).status;
  } finally {
    await server?.close();
  }
}
