#!/usr/bin/env node
// Runs the TypeScript sources as they are: no build step, the same files in development and in use.
import { register } from 'tsx/esm/api';

register();
const { main } = await import('./main.ts');
await main(process.argv.slice(2));
