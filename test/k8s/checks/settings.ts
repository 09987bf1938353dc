/** What our containers are given is what the code reads: every variable, every line of coinpilot.yaml, and each of them right. */
import { type Cluster, isOurImage } from '../cluster.ts';
import { startOf } from '../environment.ts';

export function settings(cluster: Cluster): string[] {
  return cluster.workloads.flatMap((workload) =>
    workload.containers
      .filter(({ image }) => isOurImage(image))
      .flatMap((container) => {
        try {
          const { settings: read } = startOf(cluster, workload, container);
          // Two Pods of one name take each other's symbols away.
          if (container.env?.some(({ name, value }) => name === 'POD_NAME' && value !== undefined))
            return [`${workload.title}: POD_NAME must be each Pod's own`];
          if (read === null) return [];
          const { httpPort, http } = read.config;
          const port = workload.ports.find(({ name }) => name === 'http')?.number;
          const problems: string[] = [];
          if (httpPort.port !== port) problems.push(`httpPort is ${httpPort.port}, port http of the Pod is ${port}`);
          if (!httpPort.strict)
            problems.push('httpPort must be given: the next free one would not be found by a probe');
          if (http.host !== '0.0.0.0') problems.push(`httpHost is ${http.host}: no probe would reach it`);
          return problems.map((problem) => `${workload.title}: ${problem}`);
        } catch (error) {
          return [`${workload.title}: ${(error as Error).message}`];
        }
      }),
  );
}
