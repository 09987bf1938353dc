/** One attempt of a probe against a Pod's address, as the kubelet makes it. */
import { request } from 'node:http';
import { connect } from 'node:net';
import { ContainerConfigError } from './environment.ts';
import type { Container, Probe } from './objects.ts';

const TIMEOUT_SECONDS = 1;

/** Resolves to undefined when it succeeded, else to why it did not. */
export function attempt(probe: Probe, container: Container, address: string): Promise<string | undefined> {
  const timeoutMs = (probe.timeoutSeconds ?? TIMEOUT_SECONDS) * 1_000;
  if (probe.httpGet !== undefined) {
    const { path = '/', port } = probe.httpGet;
    return askHttp({ host: address, port: portOf(port, container), path, timeoutMs });
  }
  if (probe.tcpSocket !== undefined) {
    return knock({ host: address, port: portOf(probe.tcpSocket.port, container), timeoutMs });
  }
  throw unknown(probe);
}

/** Throws ContainerConfigError for a probe that could never be made. */
export function requireProbes(container: Container): void {
  for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
    if (probe === undefined) continue;
    const port = probe.httpGet?.port ?? probe.tcpSocket?.port;
    if (port === undefined) throw unknown(probe);
    portOf(port, container);
  }
}

function unknown(probe: Probe): ContainerConfigError {
  return new ContainerConfigError(`the rehearsal knows HTTP and TCP probes, not ${JSON.stringify(probe)}`);
}

export function portOf(port: number | string, container: Container): number {
  if (typeof port === 'number') return port;
  const named = container.ports?.find(({ name }) => name === port)?.containerPort;
  if (named === undefined) throw new ContainerConfigError(`container ${container.name} has no port ${port}`);
  return named;
}

interface Target {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
}

/** One GET over a connection of its own. Any status from 200 to 399 is a success. */
export function askHttp({
  host,
  port,
  path,
  timeoutMs,
}: Target & { readonly path: string }): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request({ host, port, path, agent: false, headers: { connection: 'close' } }, (response) => {
      response.resume();
      const { statusCode = 0 } = response;
      response.once('close', () => clearTimeout(timer));
      resolve(statusCode >= 200 && statusCode < 400 ? undefined : `${path} answers ${statusCode}`);
    });
    const timer = setTimeout(() => asked.destroy(new Error(`${path} does not answer in ${timeoutMs} ms`)), timeoutMs);
    asked.once('error', (error) => {
      clearTimeout(timer);
      resolve(error.message);
    });
    asked.end();
  });
}

function knock({ host, port, timeoutMs }: Target): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (problem: string | undefined): void => {
      socket.destroy();
      resolve(problem);
    };
    socket.setTimeout(timeoutMs, () => end(`port ${port} does not answer in ${timeoutMs} ms`));
    socket.once('connect', () => end(undefined));
    socket.once('error', (error) => end(error.message));
  });
}
