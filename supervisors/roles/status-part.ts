/**
 * The plain HTTP of a process: whether it lives, whether it serves, and its status. The first part to start and the last to
 * stop: probes are answered while servers are waited for, and while everything is handed over.
 */
import { type StatusSource, startStatusServer } from '../../gateway/status-server.ts';
import type { RunningPart } from '../rest-for-one.ts';
import type { EngineContext } from './engine-context.ts';
import { listenOn } from './listen.ts';

export async function startStatus(
  context: EngineContext,
  source: Pick<StatusSource, 'live' | 'ready' | 'status' | 'metrics'>,
): Promise<RunningPart> {
  const { config, state } = context;
  // Started again it keeps its port: somebody has been told.
  const lastPort = context.http?.port ?? state?.lastPorts.http;
  const server = await listenOn(config.httpPort, lastPort, (port) =>
    startStatusServer({ ...source, access: config.http, port, host: config.http.host }),
  );
  context.http = server;
  state?.rememberPorts({ http: server.port });
  return { stop: () => server.close() };
}
