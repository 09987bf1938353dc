/**
 * How the dashboard is built: `npx vite build --config scripts/vite-dashboard.ts` → gateway/dashboard/dist, which the gateway
 * serves from memory. Everything comes from here: no font, script or style of another host, and nothing inline (CSP).
 */
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

// Whoever builds it, a test among them: the page is always the one that ships.
process.env.NODE_ENV = 'production';

const root = fileURLToPath(new URL('../gateway/dashboard/', import.meta.url));

/** The statements of lightweight-charts that write the logo's rules into the page: `this.x=…createElement("style"),…`. */
const LOGO_STYLE = /(this\.\w+)=document\.createElement\("style"\),\1\.innerText="(a#tv-attr-logo\{[^"]*)",/;

/**
 * The attribution logo of lightweight-charts brings its rules as an inline <style>, which the CSP forbids. They stand in
 * styles/base.css instead, and the element stays empty. A version that does it another way fails the build.
 */
function logoWithoutInlineStyle(): Plugin {
  let isFound = false;
  return {
    name: 'logo-without-inline-style',
    transform(code, id) {
      if (!id.includes('lightweight-charts.production')) return undefined;
      if (!LOGO_STYLE.test(code))
        throw new Error('lightweight-charts adds its logo in another way: see scripts/vite-dashboard.ts');
      isFound = true;
      return { code: code.replace(LOGO_STYLE, '$1=document.createElement("template"),'), map: null };
    },
    buildEnd(error) {
      if (error === undefined && !isFound)
        throw new Error('the production build of lightweight-charts is not in the page');
    },
  };
}

export default defineConfig({
  root,
  base: './',
  clearScreen: false,
  plugins: [logoWithoutInlineStyle()],
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
