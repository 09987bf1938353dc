/** The page's own feed: what it hangs on the window goes with it, since each sign-in opens another. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openFeed } from '../../../gateway/dashboard/store/open-feed.ts';

afterEach(() => vi.unstubAllGlobals());

/** A socket that never opens. */
class SilentSocket extends EventTarget {
  readonly readyState = 0;
  close(): void {}
  send(): void {}
}

describe('the feed of a page', () => {
  it('leaves no listener on the window after it was closed', () => {
    const listening = new Set<unknown>();
    vi.stubGlobal('WebSocket', SilentSocket);
    vi.stubGlobal('window', {
      location: { origin: 'http://127.0.0.1:1' },
      addEventListener: (_type: string, listener: unknown) => listening.add(listener),
      removeEventListener: (_type: string, listener: unknown) => listening.delete(listener),
    });
    for (let signIn = 0; signIn < 2; signIn += 1) {
      const feed = openFeed({ token: null, onStatus: () => undefined });
      expect(listening.size).toBe(1);
      feed.close();
    }
    expect(listening.size).toBe(0);
  });
});
