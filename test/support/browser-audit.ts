/**
 * What is wrong with a page as it stands in the browser: texts, contrast, width, and where the Tab key leads. Functions named
 * `inPage…` run inside the page, so they use nothing of this file.
 */
import type { Page } from 'playwright-core';
import { TEXTS } from '../../gateway/dashboard/i18n/index.ts';

/** A text a person reads or hears, with the language it is marked with. */
export interface PageText {
  readonly text: string;
  readonly lang: string;
}

/** WCAG 2.2 AA, 1.4.3. */
const CONTRAST_MIN = 4.5;
const CONTRAST_LARGE_MIN = 3;

const HANGUL = /[ㄱ-ㆎ가-힣]/;
/** What the page made of a text it has not got, or of a value it has not got. */
const UNFINISHED = /undefined|\bnull\b|NaN|\[object|\{\w+\}|\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b/;

/** Keys instead of texts, places that were not filled, codes without words, and texts of the other language. */
export function textFaults(texts: readonly PageText[], language: 'en' | 'ko'): string[] {
  const keys = new Set(Object.keys(TEXTS));
  const english = new Set<string>(Object.values(TEXTS).flatMap(({ en, ko }) => (en === ko ? [] : [en])));
  return texts.flatMap(({ text, lang }) => {
    if (keys.has(text)) return [`the key ${text} is shown`];
    if (UNFINISHED.test(text)) return [`unfinished: ${text}`];
    if (lang !== language) return [];
    if (language === 'en' && HANGUL.test(text)) return [`Korean on the English page: ${text}`];
    if (language === 'ko' && english.has(text)) return [`English on the Korean page: ${text}`];
    return [];
  });
}

export function pageTexts(page: Page): Promise<PageText[]> {
  return page.evaluate(inPageTexts);
}

/** Texts whose colour is too near to what is behind them. */
export function contrastFaults(page: Page): Promise<string[]> {
  return page.evaluate(inPageContrast, { normal: CONTRAST_MIN, large: CONTRAST_LARGE_MIN });
}

/** How many pixels the page is wider than its window, and which elements stick out. */
export function sidewaysFaults(page: Page): Promise<string[]> {
  return page.evaluate(inPageSideways);
}

/** What Tab does not reach, and what it reaches without showing it. Leaves the focus at the end of the page. */
export async function tabFaults(page: Page): Promise<string[]> {
  const count = await page.evaluate(inPageNumberFocusable);
  const reached = new Set<number>();
  const faults: string[] = [];
  // One more for the window itself, and as many again for what appears meanwhile.
  for (let step = 0; step < 2 * count + 2 && reached.size < count; step += 1) {
    await page.keyboard.press('Tab');
    const { index, name, isVisible } = await page.evaluate(inPageFocused);
    if (index === -1) continue;
    reached.add(index);
    if (!isVisible) faults.push(`focus is not visible on ${name}`);
  }
  if (reached.size < count) faults.push(...(await page.evaluate(inPageUnreached, [...reached])));
  return [...new Set(faults)];
}

function inPageTexts(): PageText[] {
  const found: PageText[] = [];
  const note = (element: PageElement, text: string | null): void => {
    const trimmed = text?.trim() ?? '';
    if (trimmed !== '') found.push({ text: trimmed, lang: element.closest('[lang]')?.getAttribute('lang') ?? '' });
  };
  for (const element of document.querySelectorAll('body *')) {
    if (element.matches('noscript, script, style')) continue;
    for (const name of ['aria-label', 'title', 'alt', 'placeholder']) note(element, element.getAttribute(name));
    for (const node of element.childNodes) if (node.nodeType === 3) note(element, node.textContent);
  }
  return found;
}

function inPageContrast({ normal, large }: { readonly normal: number; readonly large: number }): string[] {
  type Colour = readonly [red: number, green: number, blue: number, alpha: number];
  const parse = (text: string): Colour => {
    const [a = 0, b = 0, c = 0, alpha = 1] = (text.match(/-?[\d.]+(?:e-?\d+)?/g) ?? []).map(Number);
    return text.startsWith('color(srgb') ? [a * 255, b * 255, c * 255, alpha] : [a, b, c, alpha];
  };
  const over = (front: Colour, back: Colour): Colour => {
    const mix = (index: 0 | 1 | 2): number => front[index] * front[3] + back[index] * (1 - front[3]);
    return [mix(0), mix(1), mix(2), 1];
  };
  const behind = (element: PageElement | null): Colour => {
    if (element === null) return [255, 255, 255, 1];
    const own = parse(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : over(own, behind(element.parentElement));
  };
  const luminance = (colour: Colour): number => {
    const part = (value: number): number => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * part(colour[0]) + 0.7152 * part(colour[1]) + 0.0722 * part(colour[2]);
  };
  const opacity = (element: PageElement | null): number =>
    element === null ? 1 : Number(getComputedStyle(element).opacity) * opacity(element.parentElement);
  const faults = new Set<string>();
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes]
      .filter((node) => node.nodeType === 3)
      .map((node) => node.textContent?.trim())
      .join(' ')
      .trim();
    const box = element.getBoundingClientRect();
    // What only a screen reader hears is one pixel large.
    if (text === '' || box.width <= 1 || box.height <= 1 || !element.checkVisibility({ visibilityProperty: true }))
      continue;
    if (element.matches(':disabled, script, style, noscript')) continue;
    const style = getComputedStyle(element);
    const back = behind(element);
    const colour = parse(style.color);
    const front = over([colour[0], colour[1], colour[2], colour[3] * opacity(element)], back);
    const [bright = 0, dark = 0] = [luminance(front), luminance(back)].sort((a, b) => b - a);
    const ratio = (bright + 0.05) / (dark + 0.05);
    const size = Number.parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? large : normal)) faults.add(`${ratio.toFixed(2)} : 1 for "${text.slice(0, 40)}"`);
  }
  return [...faults];
}

function inPageSideways(): string[] {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return [];
  const outside = [...document.querySelectorAll('body *')].filter(
    (element) => element.getBoundingClientRect().right > clientWidth + 1,
  );
  const names = outside.slice(0, 8).map((element) => `${element.tagName}.${element.getAttribute('class') ?? ''}`);
  return [`${scrollWidth - clientWidth} px too wide: ${names.join(', ')}`];
}

/** Gives every element that the keyboard should reach a number; returns how many there are. */
function inPageNumberFocusable(): number {
  (document.activeElement as PageElement | null)?.blur();
  const reachable = [
    ...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]'),
  ].filter(
    (element) =>
      // Of radio buttons the chosen one is reached, the others by arrow keys.
      element.checkVisibility({ visibilityProperty: true }) &&
      !element.matches(':disabled, [type=radio]:not(:checked)'),
  );
  for (const [index, element] of reachable.entries()) element.tabTestNumber = index;
  return reachable.length;
}

function inPageFocused(): { readonly index: number; readonly name: string; readonly isVisible: boolean } {
  const element = document.activeElement;
  if (element === null || element.tabTestNumber === undefined) return { index: -1, name: '', isVisible: true };
  // A radio button drawn by its label shows the focus there.
  const shown = [element, element.nextElementSibling, element.parentElement].filter((one) => one !== null);
  const isVisible = shown.some((one) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(one);
    return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1;
  });
  return {
    index: element.tabTestNumber,
    name: `${element.tagName} "${element.textContent?.trim().slice(0, 40)}"`,
    isVisible,
  };
}

function inPageUnreached(reached: readonly number[]): string[] {
  return [...document.querySelectorAll('body *')]
    .filter(({ tabTestNumber }) => tabTestNumber !== undefined && !reached.includes(tabTestNumber))
    .map((element) => `Tab does not reach ${element.tagName} "${element.textContent?.trim().slice(0, 40)}"`);
}

/** The browser as far as it is used here: tests are compiled without its types. */
interface PageElement {
  readonly tagName: string;
  readonly textContent: string | null;
  readonly parentElement: PageElement | null;
  readonly nextElementSibling: PageElement | null;
  readonly childNodes: Iterable<{ readonly nodeType: number; readonly textContent: string | null }>;
  readonly scrollWidth: number;
  readonly clientWidth: number;
  tabTestNumber?: number;
  matches(selector: string): boolean;
  closest(selector: string): PageElement | null;
  getAttribute(name: string): string | null;
  getBoundingClientRect(): { readonly width: number; readonly height: number; readonly right: number };
  checkVisibility(options: { readonly visibilityProperty: boolean }): boolean;
  blur(): void;
}

declare const document: {
  readonly documentElement: PageElement;
  readonly activeElement: PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
};

declare function getComputedStyle(element: PageElement): {
  readonly color: string;
  readonly backgroundColor: string;
  readonly opacity: string;
  readonly fontSize: string;
  readonly fontWeight: string;
  readonly outlineStyle: string;
  readonly outlineWidth: string;
};
