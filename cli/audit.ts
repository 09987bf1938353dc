/**
 * `coinpilot audit`: folds the whole ledger and says whether every number follows from its history. It changes nothing and
 * may run beside working engines. Exit code 0: to the last unit; 1: there is a difference; 3: it could not be looked at.
 */

import { differenceText } from '../ledger/audit/difference.ts';
import { type AuditReport, auditLedger } from '../ledger/postgres/audit.ts';
import { type ErrorReply, RetryableError, refuse, TerminalError } from '../protocol/errors.ts';
import { EXIT } from './exit-codes.ts';
import { findLedger } from './find-ledger.ts';
import { type RawSettings, readSettingsFile } from './settings.ts';
import { grouped, labelled } from './table.ts';

export async function auditCommand(flags: RawSettings): Promise<void> {
  const file = readSettingsFile(process.env.COINPILOT_CONFIG);
  const ledger = findLedger({ flags, environment: process.env, file, directory: process.cwd() });
  const result = typeof ledger === 'string' ? await look(ledger) : ledger;
  if (flags.json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
  else if ('error' in result) process.stderr.write(`${result.error.message}\n`);
  else process.stdout.write(`${reportText(result)}\n`);
  process.exitCode = result.ok ? EXIT.ok : 'error' in result ? EXIT.unavailable : EXIT.failed;
}

type Result = { readonly ok: boolean } & AuditReport;

async function look(url: string): Promise<Result | ErrorReply> {
  try {
    const report = await auditLedger(url);
    return { ok: report.difference === null, ...report };
  } catch (error) {
    if (error instanceof RetryableError || error instanceof TerminalError) {
      return refuse('UNAVAILABLE', `the ledger could not be audited: ${error.message}`);
    }
    throw error;
  }
}

export function reportText(report: AuditReport): string {
  const { difference, deficits } = report;
  const figures = labelled([
    ['as of', report.at],
    ['symbols', grouped(String(report.symbols))],
    ['journal rows', grouped(String(report.rows))],
    ['fills', grouped(String(report.fills))],
    ['cash', grouped(report.cash)],
  ]);
  const proved = deficits.map(
    ({ symbol, seq, cash }) => `note: ${symbol} ${seq}, a fill the venue proved, took cash to ${grouped(cash)}`,
  );
  const verdict = difference === null ? '✓ every number follows from its history' : `✗ ${differenceText(difference)}`;
  return [figures, ...proved, verdict].join('\n');
}
