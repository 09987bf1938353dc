/** Texts of what surrounds every page: navigation, connection, settings, sign-in. */
import type { Texts } from './texts.ts';

export const SHELL_TEXTS = {
  'nav.label': { en: 'Pages', ko: '페이지' },
  'nav.overview': { en: 'Overview', ko: '개요' },
  'nav.market': { en: 'Market', ko: '마켓' },
  'nav.skip': { en: 'Skip to content', ko: '본문으로 건너뛰기' },

  'connection.connecting': { en: 'Connecting', ko: '연결 중' },
  'connection.live': { en: 'Live', ko: '실시간' },
  'connection.lost': { en: 'Connection lost', ko: '연결 끊김' },
  'connection.lostSince': {
    en: 'Connection lost at {time}, {age} ago. The numbers below stand still; the page reconnects by itself.',
    ko: '{time}에 연결이 끊겼습니다({age} 전). 아래 숫자는 멈춰 있으며, 자동으로 다시 연결합니다.',
  },
  'connection.neverYet': {
    en: 'No connection to the engine yet. The page keeps trying by itself.',
    ko: '아직 엔진에 연결되지 않았습니다. 자동으로 계속 시도합니다.',
  },

  'clock.market': { en: 'Market time', ko: '시장 시각' },
  'settings.label': { en: 'Settings', ko: '설정' },
  'settings.language': { en: 'Language', ko: '언어' },
  'settings.zone': { en: 'Clock', ko: '시간대' },
  'settings.theme': { en: 'Theme', ko: '테마' },
  'settings.theme.system': { en: 'System', ko: '시스템' },
  'settings.theme.light': { en: 'Light', ko: '밝게' },
  'settings.theme.dark': { en: 'Dark', ko: '어둡게' },
  'settings.gain': { en: 'A gain is', ko: '상승 색상' },
  'settings.gain.green': { en: 'Green', ko: '초록' },
  'settings.gain.red': { en: 'Red', ko: '빨강' },

  'signIn.title': { en: 'Sign in', ko: '로그인' },
  'signIn.why': {
    en: 'This engine asks for a token. It stays in this tab and is forgotten with it.',
    ko: '이 엔진은 토큰이 필요합니다. 토큰은 이 탭에만 보관되고 탭을 닫으면 지워집니다.',
  },
  'signIn.token': { en: 'Token', ko: '토큰' },
  'signIn.submit': { en: 'Sign in', ko: '로그인' },
  'signIn.wrong': { en: 'The engine did not accept this token.', ko: '엔진이 이 토큰을 받아들이지 않았습니다.' },

  'age.seconds': { en: '{count} s', ko: '{count}초' },
  'age.minutes': { en: '{count} min', ko: '{count}분' },
  'age.hours': { en: '{count} h', ko: '{count}시간' },
  'age.days': { en: '{count} d', ko: '{count}일' },
  'price.close': { en: 'close {time}', ko: '종가 {time}' },
  'age.ago': { en: '{age} ago', ko: '{age} 전' },

  'page.loading': { en: 'Loading', ko: '불러오는 중' },
  'page.failed': { en: 'This part could not be loaded.', ko: '이 부분을 불러오지 못했습니다.' },
  'page.retry': { en: 'Try again', ko: '다시 시도' },
  'page.notFound': { en: 'There is no such page.', ko: '없는 페이지입니다.' },
} as const satisfies Texts;
