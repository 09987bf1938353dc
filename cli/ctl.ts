import type { Command } from 'commander';
export function registerCtl(_program: Command): void {}
