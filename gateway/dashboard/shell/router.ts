/** Which page is shown, by the part of the address behind #: `#/` and `#/market/KRW-BTC`. A hash needs nothing of the server. */
import { type ReadonlySignal, signal } from '@preact/signals';

export type Route =
  | { readonly page: 'overview' }
  /** Without a symbol: the first there is. */
  | { readonly page: 'market'; readonly symbol: string | undefined }
  | { readonly page: 'unknown' };

export function routeOf(hash: string): Route {
  const [page = '', symbol, ...rest] = hash.replace(/^#?\/?/, '').split('/');
  if (rest.length > 0) return { page: 'unknown' };
  if (page === '' && symbol === undefined) return { page: 'overview' };
  if (page === 'market') return { page: 'market', symbol: decoded(symbol) };
  return { page: 'unknown' };
}

export function marketHref(symbol: string): string {
  return `#/market/${encodeURIComponent(symbol)}`;
}

/** Follows the address for as long as the page is open. */
export function followHash(window: Window): ReadonlySignal<Route> {
  const route = signal(routeOf(window.location.hash));
  window.addEventListener('hashchange', () => {
    route.value = routeOf(window.location.hash);
  });
  return route;
}

/** Undefined for what is empty or no valid encoding. */
function decoded(part: string | undefined): string | undefined {
  if (part === undefined || part === '') return undefined;
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
