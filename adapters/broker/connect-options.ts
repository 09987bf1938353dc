/** The JSON of a CONNECT: what the client can do and wants. Unknown keys are ignored, as clients send many. */

export interface ConnectOptions {
  /** Every operation is acknowledged with +OK. The default of the protocol; clients switch it off. */
  readonly verbose: boolean;
  /** The client's own messages come back to it. */
  readonly echo: boolean;
  readonly headers: boolean;
  /** A request nobody listens to is answered with status 503. */
  readonly noResponders: boolean;
  readonly authToken: string;
  /** What the client calls itself; for logs only. */
  readonly name: string;
}

/** What holds for a client that has not sent CONNECT. */
export const UNCONNECTED: ConnectOptions = {
  verbose: true,
  echo: true,
  headers: false,
  noResponders: false,
  authToken: '',
  name: '',
};

/** Undefined when `json` is no object, or a key we read has the wrong type. */
export function parseConnect(json: string): ConnectOptions | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const given = value as Record<string, unknown>;
  const options = {
    verbose: given.verbose ?? UNCONNECTED.verbose,
    echo: given.echo ?? UNCONNECTED.echo,
    headers: given.headers ?? UNCONNECTED.headers,
    noResponders: given.no_responders ?? UNCONNECTED.noResponders,
    authToken: given.auth_token ?? UNCONNECTED.authToken,
    name: given.name ?? UNCONNECTED.name,
  };
  return isConnectOptions(options) ? options : undefined;
}

function isConnectOptions(options: Record<keyof ConnectOptions, unknown>): options is ConnectOptions {
  const keys = Object.keys(UNCONNECTED) as (keyof ConnectOptions)[];
  return keys.every((key) => typeof options[key] === typeof UNCONNECTED[key]);
}
