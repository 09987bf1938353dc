// `coinpilot/feed` for any Node program: runs the TypeScript sources as they are, without changing how the program that
// imports this loads its own files.
import { tsImport } from 'tsx/esm/api';

export const { FeedClient, afterEvent, openNodeSocket, symbolChannel, symbolState, withLive } = await tsImport(
  './gateway/client/node.ts',
  import.meta.url,
);
