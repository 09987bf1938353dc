/** The token a person signed in with: kept in sessionStorage, so that it ends with the tab and no other tab sees it. */
const KEY = 'coinpilot.token';

export function storedToken(): string | null {
  try {
    return globalThis.sessionStorage?.getItem(KEY) ?? null;
  } catch {
    return null;
  }
}

export function keepToken(token: string): void {
  try {
    globalThis.sessionStorage?.setItem(KEY, token);
  } catch {
    // A browser that forbids storage asks again after a reload.
  }
}
