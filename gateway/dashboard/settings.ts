/**
 * What a person chose for this browser: language, clock, theme, colour of a gain. Signals, kept in localStorage; each follows
 * the browser (or the language) until it is chosen. Nothing here reaches the server.
 */
import { computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { Language } from './i18n/texts.ts';

export type Zone = 'UTC' | 'KST';
export type Theme = 'light' | 'dark';
export type GainColour = 'green' | 'red';

const PREFIX = 'coinpilot.';

/** Null: not chosen. */
const chosenLanguage = stored<Language>('language', ['en', 'ko']);
const chosenZone = stored<Zone>('zone', ['UTC', 'KST']);
export const chosenTheme = stored<Theme>('theme', ['light', 'dark']);
const chosenGainColour = stored<GainColour>('gainColour', ['green', 'red']);

const systemIsDark = mediaSignal('(prefers-color-scheme: dark)');

export const language: ReadonlySignal<Language> = computed(() => chosenLanguage.value ?? browserLanguage());
/** Markets of Korea are read in Korean time by those who read Korean. */
export const zone: ReadonlySignal<Zone> = computed(() => chosenZone.value ?? (language.value === 'ko' ? 'KST' : 'UTC'));
export const theme: ReadonlySignal<Theme> = computed(
  () => chosenTheme.value ?? (systemIsDark.value ? 'dark' : 'light'),
);
export const gainColour: ReadonlySignal<GainColour> = computed(
  () => chosenGainColour.value ?? (language.value === 'ko' ? 'red' : 'green'),
);

export const chooseLanguage = (value: Language): void => choose('language', chosenLanguage, value);
export const chooseZone = (value: Zone): void => choose('zone', chosenZone, value);
/** Null follows the system again. */
export const chooseTheme = (value: Theme | null): void => choose('theme', chosenTheme, value);
export const chooseGainColour = (value: GainColour): void => choose('gainColour', chosenGainColour, value);

/** Keeps the document's attributes in step with the settings. Called once, before the first paint. */
export function applySettings(root: HTMLElement): void {
  effect(() => {
    root.lang = language.value;
    root.dataset.theme = theme.value;
    root.dataset.gain = gainColour.value;
  });
}

function browserLanguage(): Language {
  return globalThis.navigator?.language?.toLowerCase().startsWith('ko') === true ? 'ko' : 'en';
}

/** A browser may forbid storage: the settings then last as long as the page. */
function stored<T extends string>(name: string, allowed: readonly T[]): Signal<T | null> {
  let text: string | null = null;
  try {
    text = globalThis.localStorage?.getItem(PREFIX + name) ?? null;
  } catch {
    text = null;
  }
  return signal(allowed.find((value) => value === text) ?? null);
}

function choose<T extends string>(name: string, target: Signal<T | null>, value: T | null): void {
  target.value = value;
  try {
    if (value === null) globalThis.localStorage?.removeItem(PREFIX + name);
    else globalThis.localStorage?.setItem(PREFIX + name, value);
  } catch {
    // Not kept, as the head of this file says.
  }
}

function mediaSignal(query: string): ReadonlySignal<boolean> {
  const list = globalThis.matchMedia?.(query);
  const matches = signal(list?.matches ?? false);
  list?.addEventListener('change', (event) => {
    matches.value = event.matches;
  });
  return matches;
}
