// npm's script `dependencies`, run after `npm ci`: builds the dashboard, so that a fresh clone serves it. `prepare` would do
// the same and count as an install script of this package, for which npm refuses `npx coinpilot` (.npmrc). Vite is a
// development dependency; where it is left out (`npm ci --omit=dev`) the page has to come with the package or the image.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const vite = fileURLToPath(new URL('../node_modules/vite/bin/vite.js', import.meta.url));
if (existsSync(vite)) {
  const built = spawnSync(
    process.execPath,
    [vite, 'build', '--config', 'scripts/vite-dashboard.ts', '--logLevel', 'warn'],
    { cwd: fileURLToPath(new URL('..', import.meta.url)), stdio: 'inherit' },
  );
  process.exitCode = built.status ?? 1;
} else {
  console.log('The dashboard is not built here: development dependencies are left out.');
}
