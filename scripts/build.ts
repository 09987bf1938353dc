/**
 * `npm run build`: dist/, the program as plain JavaScript with everything it reads at run time. It is what the image holds
 * (Dockerfile), and it is never run by accident: in a checkout every command runs the sources (docs/adr/0007).
 *
 * COMMIT in the environment is kept in dist/package.json, so that what runs can say what it is.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = `${ROOT}dist/`;

/** Read by the compiled program, at the same place beside its code as beside the sources. */
const ASSETS = ['ledger/migrations', 'gateway/dashboard/dist', 'coinpilot.example.yaml'];

/** The same name as in a checkout, so that one command line starts both. */
const ENTRY = `import { main } from './main.js';

await main(process.argv.slice(2));
`;

// What an earlier build has left, a migration above all, must not come along.
rmSync(DIST, { recursive: true, force: true });
run('vite/bin/vite.js', 'build', '--config', 'scripts/vite-dashboard.ts', '--logLevel', 'warn');
run('typescript/bin/tsc', '-p', 'tsconfig.build.json');
for (const asset of ASSETS) cpSync(`${ROOT}${asset}`, `${DIST}${asset}`, { recursive: true });
writeFileSync(`${DIST}coinpilot.mjs`, ENTRY);
writeFileSync(`${DIST}package.json`, `${JSON.stringify(manifest(), null, 2)}\n`);

/** What the program and Node read of package.json; no scripts, and no dependencies that the image does not hold. */
function manifest(): Readonly<Record<string, unknown>> {
  const { name, version, license, type, engines } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
  const commit = process.env.COMMIT || undefined;
  return { name, version, commit, license, private: true, type, engines };
}

function run(program: string, ...options: readonly string[]): void {
  const { status } = spawnSync(process.execPath, [`${ROOT}node_modules/${program}`, ...options], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}
