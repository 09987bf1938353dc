/** The settings of this browser behind one button; a native <details>, so that it opens by keyboard without a script. */
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n/index.ts';
import {
  chooseGainColour,
  chooseLanguage,
  chooseTheme,
  chooseZone,
  chosenTheme,
  gainColour,
  language,
  zone,
} from '../settings.ts';
import { Segmented } from '../ui/segmented.tsx';

export function SettingsMenu() {
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => closeFromOutside(menu.current), []);
  return (
    <details class="menu" ref={menu}>
      <summary class="button">{t('settings.label')}</summary>
      <div class="menu-panel">
        <LanguageSwitch />
        <ZoneSwitch />
        <Segmented
          name="theme"
          legend={t('settings.theme')}
          value={chosenTheme.value ?? 'system'}
          options={(['system', 'light', 'dark'] as const).map((value) => ({
            value,
            label: t(`settings.theme.${value}`),
          }))}
          onChoose={(value) => chooseTheme(value === 'system' ? null : value)}
        />
        <Segmented
          name="gain"
          legend={t('settings.gain')}
          value={gainColour.value}
          options={(['green', 'red'] as const).map((value) => ({ value, label: t(`settings.gain.${value}`) }))}
          onChoose={chooseGainColour}
        />
      </div>
    </details>
  );
}

function LanguageSwitch() {
  return (
    <Segmented
      name="language"
      legend={t('settings.language')}
      value={language.value}
      options={[
        { value: 'ko', label: '한국어', lang: 'ko' },
        { value: 'en', label: 'English', lang: 'en' },
      ]}
      onChoose={chooseLanguage}
    />
  );
}

function ZoneSwitch() {
  return (
    <Segmented
      name="zone"
      legend={t('settings.zone')}
      value={zone.value}
      options={[
        { value: 'UTC', label: 'UTC' },
        { value: 'KST', label: 'KST' },
      ]}
      onChoose={chooseZone}
    />
  );
}

/** A click elsewhere and Escape close the menu; Escape gives the focus back to its button. */
function closeFromOutside(menu: HTMLDetailsElement | null): (() => void) | undefined {
  if (menu === null) return undefined;
  const onPointer = (event: PointerEvent): void => {
    if (!menu.contains(event.target as Node)) menu.open = false;
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !menu.open) return;
    menu.open = false;
    menu.querySelector('summary')?.focus();
  };
  document.addEventListener('pointerdown', onPointer);
  menu.addEventListener('keydown', onKey);
  return () => {
    document.removeEventListener('pointerdown', onPointer);
    menu.removeEventListener('keydown', onKey);
  };
}
