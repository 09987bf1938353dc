/** Everything an engine process has to know, validated and complete; made by the command line. */
import type { Preset } from '../../domain/preset.ts';
import type { RiskSettings } from '../../domain/risk.ts';

export type FeedConfig =
  | { readonly kind: 'demo'; readonly seed: number; readonly speed: number | 'max' }
  | {
      readonly kind: 'file';
      readonly sources: readonly { readonly path: string; readonly symbol?: string }[];
      readonly speed: number | 'max';
    }
  /** Candles and trades come over the bus, from a collector. */
  | { readonly kind: 'bus' };

export interface PortConfig {
  /** 0: the last one used here, else any free one. */
  readonly port: number;
  /** Asked for by name: taken means an error, not the next free one. */
  readonly strict: boolean;
}

/** Who may reach the pages, the feed and the HTTP interface of a process, and where. */
export interface HttpConfig {
  /** Address to listen on; loopback needs no tokens. */
  readonly host: string;
  /** Tokens that let in to read, and to read and command; undefined on loopback only. */
  readonly readToken: string | undefined;
  readonly controlToken: string | undefined;
  /** Origins of pages beside this server's own, such as `https://desk.example`. */
  readonly origins: readonly string[];
}

/**
 * `up` runs everything, a `pod` symbols over servers that are there, a `collector` brings them market data, a `gateway` shows
 * what others run.
 */
export type Role = 'up' | 'pod' | 'collector' | 'gateway';

export interface EngineConfig {
  readonly role: Role;
  readonly pod: string;
  /** Folder for embedded servers, locks and ready.json; null when nothing of it is used. */
  readonly stateDirectory: string | null;
  /** Null: the embedded server. */
  readonly databaseUrl: string | null;
  readonly natsUrl: string | null;
  readonly natsToken: string | undefined;
  readonly natsPort: PortConfig;
  readonly postgresPort: PortConfig;
  readonly httpPort: PortConfig;
  readonly http: HttpConfig;
  readonly prefix: string;
  /** Beside those the feed names and those the ledger knows. */
  readonly symbols: readonly string[];
  readonly preset: Preset;
  readonly feed: FeedConfig;
  readonly paper: {
    readonly feeRate: number;
    readonly slippageBps: number;
    readonly partialFill: number;
    /** KRW deposited when the ledger is new, as a decimal string. */
    readonly balance: string;
  };
  readonly risk: 'on' | 'off';
  readonly riskSettings: RiskSettings;
}
