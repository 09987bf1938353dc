/** Texts of the market page: chart, lamps, position, orders, events. Those of the command dialog are in `dialog.ts`. */
import { DIALOG_TEXTS } from './dialog.ts';
import type { Texts } from './texts.ts';

const PAGE_TEXTS = {
  'market.symbols': { en: 'Symbols', ko: '종목' },
  'market.missing': {
    en: 'The engine does not serve {symbol}.',
    ko: '엔진이 {symbol} 종목을 다루고 있지 않습니다.',
  },
  'market.waiting': { en: 'Waiting for the engine…', ko: '엔진의 응답을 기다리는 중…' },
  'market.price': { en: 'Last price', ko: '현재가' },
  'market.noPrice': { en: 'no price yet', ko: '아직 가격 없음' },
  'market.regime': { en: 'Regime', ko: '국면' },
  'market.mode': { en: 'State', ko: '상태' },
  'market.owner': { en: 'Owner', ko: '담당 Pod' },
  'market.noOwner': { en: 'nobody owns it at the moment', ko: '현재 담당하는 Pod가 없습니다' },
  'market.epoch': { en: 'epoch {epoch}', ko: '에포크 {epoch}' },
  'market.age': { en: '{seconds} s old', ko: '{seconds}초 전 값' },
  'market.ageMinutes': { en: '{minutes} min old', ko: '{minutes}분 전 값' },
  'market.paused': { en: 'Paused: {reason}{said}', ko: '일시정지: {reason}{said}' },
  'market.halted': { en: 'Halted: {reason}{said}', ko: '중지됨: {reason}{said}' },
  'market.controls': { en: 'Commands for {symbol}', ko: '{symbol} 명령' },
  'market.pause': { en: 'Pause…', ko: '일시정지…' },
  'market.resume': { en: 'Resume…', ko: '재개…' },
  'market.flatten': { en: 'Flatten…', ko: '전량 청산…' },
  'market.halt': { en: 'Halt…', ko: '중지…' },

  'market.chart': { en: 'Price, 1-minute candles', ko: '가격 (1분봉)' },
  'market.chart.loading': { en: 'Loading candles…', ko: '캔들을 불러오는 중…' },
  'market.chart.empty': { en: 'No candle is stored yet.', ko: '저장된 캔들이 아직 없습니다.' },
  'market.chart.failed': {
    en: 'The candles could not be loaded: {message}',
    ko: '캔들을 불러오지 못했습니다: {message}',
  },
  'market.chart.again': { en: 'Load again', ko: '다시 불러오기' },
  'market.chart.summary': {
    en: '{symbol}: last {last}, between {low} and {high} from {from} to {to} ({zone}). Fills marked: {fills}.',
    ko: '{symbol}: 현재 {last}, {from}부터 {to}까지({zone}) 최저 {low}, 최고 {high}. 체결 {fills}건 표시.',
  },
  'market.chart.buy': { en: 'buy', ko: '매수' },
  'market.chart.sell': { en: 'sell', ko: '매도' },
  'market.chart.fitLevels': { en: 'Fit stop and target', ko: '손절·목표까지 보기' },
  'market.chart.latest': { en: 'Latest', ko: '최신으로' },
  'market.level.average': { en: 'average', ko: '평균가' },
  'market.level.stop': { en: 'stop', ko: '손절' },
  'market.level.trailing': { en: 'trailing stop', ko: '추적 손절' },
  'market.level.target': { en: 'target', ko: '목표' },
  'market.legend': { en: 'Legend', ko: '범례' },
  'market.legend.regime': {
    en: 'Background: the regime, only in hours for which the engine told it. Blank: not known here.',
    ko: '배경: 시장 국면. 엔진이 알려 준 시간대만 칠하며, 빈 곳은 여기서 알 수 없는 구간입니다.',
  },
  'market.legend.running': {
    en: 'The last candle is still running; the strategy reads closed candles only.',
    ko: '마지막 캔들은 진행 중이며, 전략은 마감된 캔들만 봅니다.',
  },

  'market.thinking': { en: 'Entry checks', ko: '진입 조건' },
  'market.decision.at': { en: 'at the close of {time}', ko: '{time} 마감 기준' },
  'market.decision.none': {
    en: 'No candle has closed since the engine started: nothing was decided yet.',
    ko: '엔진이 시작된 뒤 마감된 캔들이 없어 아직 판단이 없습니다.',
  },
  'market.decision.holding': {
    en: 'While a position is held the checks are shown, but they decide nothing.',
    ko: '포지션을 보유하는 동안 조건은 표시만 되며 판단에 쓰이지 않습니다.',
  },
  'market.lamp.pass': { en: 'passes', ko: '통과' },
  'market.lamp.fail': { en: 'fails', ko: '미달' },
  'market.lamp.waiting': { en: 'no value yet', ko: '값 없음' },
  'market.lamp.limit': { en: 'wants {limit}', ko: '기준 {limit}' },
  'market.lamps.count': { en: '{passed} of {all} pass', ko: '{all}개 중 {passed}개 통과' },

  'market.position': { en: 'Position', ko: '포지션' },
  'market.position.none': {
    en: 'Holds nothing. A position opens when every entry check passes and risk allows it.',
    ko: '보유 없음. 모든 진입 조건을 통과하고 위험 한도가 허용하면 진입합니다.',
  },
  'market.position.quantity': { en: 'Quantity', ko: '수량' },
  'market.position.average': { en: 'Average price', ko: '평균 단가' },
  'market.position.value': { en: 'Value now', ko: '평가 금액' },
  'market.position.profit': { en: 'Profit, before fees', ko: '평가 손익 (수수료 전)' },
  'market.position.realized': { en: 'Realized so far', ko: '누적 실현 손익' },
  'market.position.stop': { en: 'Stop', ko: '손절선' },
  'market.position.target': { en: 'Target', ko: '목표가' },
  'market.position.mark': { en: 'Highest since entry', ko: '진입 후 최고가' },
  'market.position.since': { en: 'Held since', ko: '보유 시작' },
  'market.position.away': { en: '{percent} away', ko: '{percent} 거리' },
  'market.position.noExits': {
    en: 'No stop and no target: this position was bought by hand or recorded from outside, the strategy does not manage it.',
    ko: '손절선과 목표가 없음: 수동으로 매수했거나 외부에서 기록된 포지션이라 전략이 관리하지 않습니다.',
  },

  'market.orders': { en: 'Open orders', ko: '미체결 주문' },
  'market.orders.none': { en: 'None.', ko: '없음.' },
  'market.orders.side': { en: 'Side', ko: '구분' },
  'market.orders.type': { en: 'Type', ko: '유형' },
  'market.orders.market': { en: 'market', ko: '시장가' },
  'market.orders.limit': { en: 'limit', ko: '지정가' },
  'market.orders.status': { en: 'Status', ko: '상태' },
  'market.orders.wanted': { en: 'Wanted', ko: '주문량' },
  'market.orders.filled': { en: 'Filled', ko: '체결량' },
  'market.orders.price': { en: 'Price', ko: '가격' },

  'market.events': { en: 'Events of {symbol}', ko: '{symbol} 기록' },
  'market.events.none': {
    en: 'Nothing has happened since this page was opened.',
    ko: '이 페이지를 연 뒤 일어난 일이 없습니다.',
  },
  'market.event.fill': {
    en: '{side} {quantity} at {price}',
    ko: '{price}에 {quantity} {side}',
  },
  'market.event.fillRealized': {
    en: '{side} {quantity} at {price}, realized {realized}',
    ko: '{price}에 {quantity} {side}, 실현 손익 {realized}',
  },
  'market.event.order': {
    en: '{side} order is {status}',
    ko: '{side} 주문: {status}',
  },
  'market.event.decision': { en: '{decision}: {reason}', ko: '{decision}: {reason}' },
  'market.event.decisionOnly': { en: '{decision} at {price}', ko: '{decision} ({price})' },
  'market.event.closed': {
    en: 'Trade closed, {profit} after fees ({reason})',
    ko: '거래 종료, 수수료 후 {profit} ({reason})',
  },
  'market.event.signal': { en: '{signal}', ko: '{signal}' },
  'market.event.command': { en: '{command} by {by}: {reason}', ko: '{command} ({by}): {reason}' },
  'market.event.commandUnnamed': { en: '{command}: {reason}', ko: '{command}: {reason}' },

  'check.WARMING_UP': { en: 'Indicators are warm', ko: '지표 준비' },
  'check.REGIME_UNKNOWN': { en: 'Regime is known', ko: '국면 확인' },
  'check.RSI14': { en: 'RSI 14 is low', ko: 'RSI 14 낮음' },
  'check.RSI7_NOT_OVERSOLD': { en: 'RSI 7 was oversold', ko: 'RSI 7 과매도 경험' },
  'check.RSI7_NOT_RECOVERED': { en: 'RSI 7 recovered', ko: 'RSI 7 회복' },
  'check.RSI7_BOUNCE': { en: 'RSI 7 bounced', ko: 'RSI 7 반등폭' },
  'check.MA_TREND': { en: 'Near or above SMA 20', ko: '이동평균 20 대비' },
  'check.BELOW_BB_LOWER': { en: 'Above the lower band', ko: '볼린저 하단 위' },
  'check.VOLUME': { en: 'Volume is enough', ko: '거래량 충분' },
  'check.VOLUME_SURGE': { en: 'No volume surge', ko: '거래량 급증 없음' },
  'check.BB_TOUCH_RECOVERY': { en: 'Touched the band, came back', ko: '하단 터치 후 복귀' },
  'check.TREND': { en: 'Above SMA 200', ko: '이동평균 200 위' },
  'check.BB_LOWER': { en: 'At the lower band', ko: '볼린저 하단 도달' },

  'phrase.warm': { en: 'ready', ko: '준비됨' },
  'phrase.notWarm': { en: 'not ready', ko: '준비 전' },
  'phrase.anyRegime': { en: 'any known regime', ko: '확인된 국면' },
  'phrase.touchedAbove': { en: 'touched, now above', ko: '터치 후 위' },
  'phrase.touchedNotAbove': { en: 'touched, not above', ko: '터치, 아직 아래' },
  'phrase.untouchedAbove': { en: 'not touched, above', ko: '터치 없음, 위' },
  'phrase.untouchedNotAbove': { en: 'not touched, not above', ko: '터치 없음, 아래' },
} as const satisfies Texts;

export const MARKET_TEXTS = { ...PAGE_TEXTS, ...DIALOG_TEXTS } as const;

export type MarketKey = keyof typeof MARKET_TEXTS;
