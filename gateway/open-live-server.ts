/** Chooses what the gateway is served with: uWebSockets.js where its native binary loads, `ws` elsewhere. The log says which and why. */
import type { Log } from '../protocol/ports/log.ts';
import type { LiveServer, LiveServerOptions } from './live-server.ts';
import { loadUws } from './uws-binding.ts';
import { startUwsServer } from './uws-server.ts';
import { startWsServer } from './ws-server.ts';

export type LiveServerKind = 'uws' | 'ws';

export interface OpenLiveServerOptions<Data> extends LiveServerOptions<Data> {
  /** What a person asked for; `uws` is a wish, since it may not run here. */
  readonly prefer?: LiveServerKind | undefined;
}

/** Resolves once it listens. Rejects with an error of code `EADDRINUSE` when the port is taken. */
export async function openLiveServer<Data>(options: OpenLiveServerOptions<Data>, log: Log): Promise<LiveServer> {
  if (options.prefer === 'ws') return announce(await startWsServer(options, log), 'asked for', log);
  const loaded = loadUws();
  if ('binding' in loaded) {
    return announce(await startUwsServer(loaded.binding, options, log), 'its native binary runs here', log);
  }
  if (options.prefer === 'uws')
    log.warn({ missing: loaded.missing }, 'uWebSockets.js was asked for but does not run here');
  return announce(await startWsServer(options, log), loaded.missing, log);
}

function announce(server: LiveServer, why: string, log: Log): LiveServer {
  log.info({ server: server.kind, why, url: server.url }, 'the live feed is served');
  return server;
}
