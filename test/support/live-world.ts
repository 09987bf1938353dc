/** Both servers of the live feed, opened with handlers that record what they are told. The data of a socket is its name. */
import type {
  HttpRequest,
  LiveHandlers,
  LiveServer,
  LiveServerOptions,
  LiveSocket,
} from '../../gateway/live-server.ts';
import { loadUws } from '../../gateway/uws-binding.ts';
import { startUwsServer } from '../../gateway/uws-server.ts';
import { startWsServer } from '../../gateway/ws-server.ts';
import { RecordingLog } from './recording-log.ts';

export interface LiveImplementation {
  readonly name: string;
  readonly kind: LiveServer['kind'];
  readonly isMissing: boolean;
  start(options: LiveServerOptions<string>, log: RecordingLog): Promise<LiveServer>;
}

const uws = loadUws();
/** The binaries that the pinned package brings for this platform: where one is brought, it has to load. */
const isBrought = process.platform === 'linux' && process.arch === 'x64' && process.versions.modules === '115';
if ('missing' in uws && process.env.CI && isBrought)
  throw new Error(`uWebSockets.js does not run here: ${uws.missing}`);

export const LIVE_SERVERS: readonly LiveImplementation[] = [
  {
    name: 'missing' in uws ? `uWebSockets.js (skipped: ${uws.missing})` : 'uWebSockets.js',
    kind: 'uWebSockets.js',
    isMissing: 'missing' in uws,
    start(options, log) {
      if ('missing' in uws) throw new Error(uws.missing);
      return startUwsServer(uws.binding, options, log);
    },
  },
  { name: 'ws', kind: 'ws', isMissing: false, start: startWsServer },
];

const WAIT_MS_MAX = 30_000;

export class LiveWorld {
  readonly log = new RecordingLog();
  /** "opened a", "closed a", … in the order they were told. */
  readonly events: string[] = [];
  readonly requests: HttpRequest[] = [];
  readonly sockets = new Map<string, LiveSocket<string>>();
  server!: LiveServer;

  /** `handlers` are called after what was told is recorded. */
  static async open(
    implementation: LiveImplementation,
    options: Partial<Omit<LiveServerOptions<string>, 'handlers'>> = {},
    handlers: Partial<LiveHandlers<string>> = {},
  ): Promise<LiveWorld> {
    const world = new LiveWorld();
    world.server = await implementation.start(
      {
        host: '127.0.0.1',
        port: 0,
        messageBytesMax: 1_024,
        bodyBytesMax: 4_096,
        bufferedBytesMax: 262_144,
        idleSecondsMax: 60,
        socketsMax: 1_000,
        ...options,
        handlers: world.#recording(handlers),
      },
      world.log,
    );
    return world;
  }

  /** The socket of this name, once it is open. */
  async socket(name: string): Promise<LiveSocket<string>> {
    await eventually(() => this.sockets.has(name));
    return this.sockets.get(name) as LiveSocket<string>;
  }

  count(event: string): number {
    return this.events.filter((other) => other === event).length;
  }

  close(graceMs = 0): Promise<void> {
    return this.server.close(graceMs);
  }

  #recording(handlers: Partial<LiveHandlers<string>>): LiveHandlers<string> {
    return {
      http: (request) => {
        this.requests.push(request);
        return handlers.http?.(request) ?? { status: 200, headers: { 'content-type': 'text/plain' }, body: 'fine' };
      },
      upgrade: (request, protocols) =>
        handlers.upgrade?.(request, protocols) ?? { admitted: true, data: request.query.get('name') ?? '' },
      opened: (socket) => {
        this.events.push(`opened ${socket.data}`);
        this.sockets.set(socket.data, socket);
        handlers.opened?.(socket);
      },
      message: (socket, text) => {
        this.events.push(`message ${socket.data} ${text}`);
        handlers.message?.(socket, text);
      },
      overflowed: (socket) => {
        this.events.push(`overflowed ${socket.data}`);
        handlers.overflowed?.(socket);
      },
      drained: (socket) => {
        this.events.push(`drained ${socket.data}`);
        handlers.drained?.(socket);
      },
      closed: (socket) => {
        this.events.push(`closed ${socket.data}`);
        this.sockets.delete(socket.data);
        handlers.closed?.(socket);
      },
    };
  }
}

/** Polls: for what the other end of a connection does in its own time. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  explain: () => string = () => 'what the test waits for did not happen',
): Promise<void> {
  const deadline = performance.now() + WAIT_MS_MAX;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(explain());
    await new Promise((resume) => setTimeout(resume, 5));
  }
}

/** What is under way in this process's event loop has happened. */
export async function turn(times = 3): Promise<void> {
  for (let index = 0; index < times; index += 1) await new Promise((resume) => setImmediate(resume));
}
