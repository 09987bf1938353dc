/**
 * Proof that the tests bite: rules of the engine taken out one at a time, in copies of the tree, never in shipped code. A
 * patch that does not match exactly once is an error: then the code has moved on and the mutation would prove nothing.
 */
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Patch {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export interface Mutation {
  /** The rule that is gone. */
  readonly name: string;
  /** What the auditor must call it. */
  readonly invariant?: string;
  readonly patches: readonly Patch[];
}

const COMMIT = 'ledger/memory/memory-commit.ts';
const JOURNAL = 'ledger/memory/journal-table.ts';
const OWNERSHIP = 'ledger/memory/memory-ownership.ts';
const RUNNER = 'actors/symbol/runner.ts';
const CLAIM_SQL = 'ledger/migrations/0002_commit.sql';
const COMMIT_SQL = 'ledger/migrations/0009_limits.sql';

/** What the simulator must notice. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'without the epoch check',
    invariant: 'I1',
    patches: [{ file: COMMIT, find: 'row.epoch !== group.epoch || ', replace: '' }],
  },
  {
    name: 'without the version check',
    invariant: 'I1',
    patches: [{ file: COMMIT, find: ' || row.version !== group.expectedVersion', replace: '' }],
  },
  {
    name: 'without the id check',
    invariant: 'I3',
    patches: [
      { file: COMMIT, find: 'if (known.length > 0) return', replace: 'if (known.length > 1e9) return' },
      {
        file: JOURNAL,
        find: "    invariant(!stream.byId.has(row.id), 'an id is accepted once per stream');\n",
        replace: '',
      },
    ],
  },
  {
    name: 'acknowledge before commit',
    invariant: 'I2',
    patches: [
      {
        file: RUNNER,
        find: 'handle(turn, envelope.message, this.#owner);',
        replace: 'handle(turn, envelope.message, this.#owner);\n    if (turn.reply) envelope.reply?.(turn.reply);',
      },
    ],
  },
  {
    name: 'rebuild at the same epoch',
    invariant: 'I1',
    patches: [
      {
        file: OWNERSHIP,
        find: 'row.owner = owner;\n      row.epoch += 1;\n      positions.push(',
        replace:
          'if (row.owner?.incarnation !== owner.incarnation) row.epoch += 1;\n      row.owner = owner;\n      positions.push(',
      },
    ],
  },
  {
    name: 'a global event sequence',
    invariant: 'I6',
    patches: [
      { file: RUNNER, find: 'export class SymbolRunner', replace: 'let published = 0;\nexport class SymbolRunner' },
      {
        file: RUNNER,
        find: 'onCommitted(turn.rows);',
        replace: 'onCommitted(turn.rows.map((row) => ({ ...row, seq: ++published })));',
      },
    ],
  },
];

/** What lives in the schema: the ledger's contract suite must notice it on a real Postgres. */
export const SQL_MUTATIONS: readonly Mutation[] = [
  {
    name: 'without the epoch check',
    patches: [
      { file: COMMIT_SQL, find: 'select g.epoch = p.epoch and g.version', replace: 'select g.version' },
      { file: COMMIT_SQL, find: ' and p.epoch = g.epoch and p.version', replace: ' and p.version' },
    ],
  },
  {
    name: 'without the version check',
    patches: [
      { file: COMMIT_SQL, find: ' and g.version = p.version as', replace: ' as' },
      { file: COMMIT_SQL, find: ' and p.version = g.version', replace: '' },
    ],
  },
  {
    name: 'without the id check',
    patches: [
      {
        file: COMMIT_SQL,
        find: 'if exists (select from journal j where j.id = any (e_id)) then',
        replace: 'if false then',
      },
    ],
  },
  {
    name: 'rebuild at the same epoch',
    patches: [
      {
        file: CLAIM_SQL,
        find: 'set owner = p_pod, incarnation = p_incarnation, epoch = p.epoch + 1',
        replace:
          'set owner = p_pod, incarnation = p_incarnation,\n    epoch = p.epoch + (p.incarnation is distinct from p_incarnation)::integer',
      },
    ],
  },
  {
    name: 'a global event sequence',
    patches: [
      {
        file: COMMIT_SQL,
        find: 'select e.symbol, e.seq, e.id, e.kind, e.at',
        replace: 'select e.symbol, (select count(*) from journal) + row_number() over (), e.id, e.kind, e.at',
      },
    ],
  },
];

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** What a copy of the tree needs to run the simulator and the ledger's contract suite. */
const COPIED = [
  ...['domain', 'protocol', 'actors', 'supervisors', 'ledger', 'adapters', 'gateway'],
  ...['test/sim', 'test/support', 'test/contract', 'package.json', 'tsconfig.json', 'vitest.config.ts'],
];

/** A copy of the tree with these patches, in a folder of its own; `remove` deletes it. */
export async function patchedTree(patches: readonly Patch[]): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'coinpilot-mutation-'));
  await mkdir(path.join(folder, 'test'));
  for (const name of COPIED) await cp(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  for (const patch of patches) {
    const file = path.join(folder, patch.file);
    await writeFile(file, applyPatch(await readFile(file, 'utf8'), patch));
  }
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

export function applyPatch(text: string, { file, find, replace }: Patch): string {
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`${file} has "${find}" ${parts.length - 1} times, not once`);
  return parts.join(replace);
}
