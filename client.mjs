// `coinpilot/client` for any Node program: runs the TypeScript sources as they are, without changing how the program that
// imports this loads its own files.
import { tsImport } from 'tsx/esm/api';

export const {
  AccountClient,
  ClusterClient,
  CoinPilotClient,
  ERROR_CODES,
  PodClient,
  RetryableError,
  SymbolClient,
  TerminalError,
  uuid7,
} = await tsImport('./adapters/nats/client/index.ts', import.meta.url);
