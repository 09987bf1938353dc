/** The page's entrance: settings first, so that nothing flashes; then the store, then what is seen. */
import { options, render } from 'preact';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/shell.css';
import './styles/overview.css';
import './styles/stacking.css';
import { applySettings } from './settings.ts';
import { App } from './shell/app.tsx';
import { followHash } from './shell/router.ts';
import { Api } from './store/api.ts';
import { openFeed } from './store/open-feed.ts';
import { DashboardStore } from './store/store.ts';
import { storedToken } from './store/token.ts';

// Ticks come much faster than a screen can show them: one painting a frame is enough, and none while the tab is hidden.
options.debounceRendering = (paint) => window.requestAnimationFrame(paint);
applySettings(document.documentElement);

const store = new DashboardStore({
  api: new Api({ fetch: window.fetch.bind(window), token: storedToken }),
  openFeed,
  token: storedToken,
  now: () => Date.now(),
  every: (milliseconds, work) => window.setInterval(work, milliseconds),
  after: (milliseconds, work) => window.setTimeout(work, milliseconds),
});

const root = document.getElementById('app');
if (root !== null) render(<App store={store} route={followHash(window)} />, root);
void store.start();
