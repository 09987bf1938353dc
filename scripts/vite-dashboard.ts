/**
 * How the dashboard is built: `npx vite build --config scripts/vite-dashboard.ts` → gateway/dashboard/dist, which the gateway
 * serves from memory. Everything comes from here: no font, script or style of another host, and nothing inline (CSP).
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

// Whoever builds it, a test among them: the page is always the one that ships.
process.env.NODE_ENV = 'production';

const root = fileURLToPath(new URL('../gateway/dashboard/', import.meta.url));

export default defineConfig({
  root,
  base: './',
  clearScreen: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    // Every file by its own name: a data: address is one more thing for a CSP to allow.
    assetsInlineLimit: 0,
    // The polyfill is for browsers older than the target, and it is a script that only they need.
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
});
