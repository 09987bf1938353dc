/** The read API and commands over HTTP (docs/FEED.md). Knows the token; throws for what is no answer. */
import type { CandleJson, FeedEvent } from '../../../protocol/feed.ts';
import { type Json, listOf, objectOf } from './json.ts';
import type { Command, EquityCurve, Store } from './types.ts';

/** The server wants a token, or another one. */
export class UnauthorizedError extends Error {
  override readonly name = 'UnauthorizedError';
}

/** The server answered, but not with what was asked for. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
}

export interface ApiOptions {
  readonly fetch: typeof fetch;
  readonly token: () => string | null;
}

const REQUEST_TIMEOUT_MS = 15_000;
/** The engine decides within its own deadline of 10 s; a command waits longer than that. */
const COMMAND_TIMEOUT_MS = 20_000;

export class Api {
  readonly #options: ApiOptions;

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  async symbols(): Promise<readonly string[]> {
    const { positions } = await this.#get('/api/positions');
    return listOf(positions).flatMap(({ symbol }) => (typeof symbol === 'string' ? [symbol] : []));
  }

  async equity(points: number, from: string | undefined): Promise<EquityCurve> {
    const since = from === undefined ? '' : `&from=${encodeURIComponent(from)}`;
    return (await this.#get(`/api/equity?points=${points}${since}`)) as unknown as EquityCurve;
  }

  async candles(symbol: string, limit: number): Promise<readonly CandleJson[]> {
    const body = await this.#get(`/api/candles?symbol=${encodeURIComponent(symbol)}&limit=${limit}`);
    return listOf(body.candles) as unknown as readonly CandleJson[];
  }

  async fills(symbol: string, limit: number): Promise<readonly FeedEvent[]> {
    const body = await this.#get(`/api/fills?symbol=${encodeURIComponent(symbol)}&limit=${limit}`);
    return listOf(body.fills) as unknown as readonly FeedEvent[];
  }

  /** Rejects when no answer came: nobody knows then what became of the command. */
  async command(command: Command): ReturnType<Store['command']> {
    const response = await this.#send('/api/control', COMMAND_TIMEOUT_MS, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(command),
    });
    const body = objectOf(await response.json()) ?? {};
    const error = objectOf(body.error);
    if (error === undefined) return { ...body, ok: body.ok === true };
    return { ...body, ok: false, error: { code: String(error.code), message: String(error.message) } };
  }

  async #get(path: string): Promise<Json> {
    const response = await this.#send(path, REQUEST_TIMEOUT_MS, {});
    if (response.status === 401) throw new UnauthorizedError(`${path} wants a token`);
    if (!response.ok) throw new ApiError(`${path} was answered ${response.status}`);
    return objectOf(await response.json()) ?? {};
  }

  #send(path: string, timeoutMs: number, init: RequestInit): Promise<Response> {
    const token = this.#options.token();
    const authorization: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
    return this.#options.fetch(path, {
      ...init,
      headers: { ...(init.headers as Record<string, string> | undefined), ...authorization },
      signal: AbortSignal.timeout(timeoutMs),
    });
  }
}
