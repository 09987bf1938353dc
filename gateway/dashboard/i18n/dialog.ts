/** Texts of the command dialog: what a command will do, what to give with it, and what the engine answered. */
import type { Texts } from './texts.ts';

export const DIALOG_TEXTS = {
  'dialog.title.symbol.pause': { en: 'Pause {symbol}', ko: '{symbol} 일시정지' },
  'dialog.title.symbol.resume': { en: 'Resume {symbol}', ko: '{symbol} 재개' },
  'dialog.title.symbol.flatten': { en: 'Flatten {symbol}', ko: '{symbol} 전량 청산' },
  'dialog.title.symbol.halt': { en: 'Halt {symbol}', ko: '{symbol} 중지' },
  'dialog.title.account.pause': { en: 'Pause the account', ko: '계좌 일시정지' },
  'dialog.title.account.resume': { en: 'Resume the account', ko: '계좌 재개' },
  'dialog.title.account.halt': { en: 'Halt the account', ko: '계좌 중지' },
  'dialog.what': { en: 'What will happen', ko: '실행하면' },

  'dialog.pause.symbol': {
    en: 'No new entries in {symbol}, by the strategy or by hand.',
    ko: '{symbol}에 새로 진입하지 않습니다. 전략도 수동 주문도 마찬가지입니다.',
  },
  'dialog.halt.symbol': {
    en: 'No new entries in {symbol}, by the strategy or by hand, and everybody sees that a person must look.',
    ko: '{symbol}에 새로 진입하지 않으며, 사람이 확인해야 한다는 표시가 모두에게 보입니다.',
  },
  'dialog.pause.account': {
    en: 'No new entries in any of the {symbols} symbols.',
    ko: '{symbols}개 종목 모두 새로 진입하지 않습니다.',
  },
  'dialog.halt.account': {
    en: 'No new entries in any of the {symbols} symbols, and everybody sees that a person must look.',
    ko: '{symbols}개 종목 모두 새로 진입하지 않으며, 사람이 확인해야 한다는 표시가 보입니다.',
  },
  'dialog.stop.keeps': {
    en: 'Exits go on: {quantity} is held, sold at {stop} (stop) or {target} (target).',
    ko: '청산은 계속됩니다. 보유 {quantity}: 손절 {stop}, 목표 {target}에서 매도합니다.',
  },
  'dialog.stop.keepsWithoutLevels': {
    en: '{quantity} stays held; it has no stop and no target of the strategy.',
    ko: '보유분 {quantity} 그대로 유지합니다. 전략의 손절선과 목표가는 없습니다.',
  },
  'dialog.stop.holdsNothing': { en: '{symbol} holds nothing now.', ko: '{symbol}: 지금 보유 없음.' },
  'dialog.stop.accountKeeps': {
    en: 'Exits go on: what the strategy bought keeps its stop and target (positions: {count}, exposure: {exposure}).',
    ko: '청산은 계속됩니다. 전략이 매수한 포지션의 손절선과 목표가는 유지됩니다(포지션 {count}개, {exposure}).',
  },
  'dialog.stop.accountHoldsNothing': { en: 'Nothing is held now.', ko: '지금 보유한 포지션이 없습니다.' },
  'dialog.stop.alreadyPaused': { en: 'It is paused already: {reason}', ko: '이미 일시정지 상태입니다: {reason}' },
  'dialog.stop.alreadyHalted': { en: 'It is halted already: {reason}', ko: '이미 중지된 상태입니다: {reason}' },
  'dialog.pause.until': {
    en: 'An entry already on its way is completed. Nothing is sold.',
    ko: '이미 진행 중인 진입은 마무리됩니다. 매도는 하지 않습니다.',
  },
  'dialog.halt.until': {
    en: 'It lasts until a person resumes it. Nothing is sold.',
    ko: '사람이 재개할 때까지 유지됩니다. 매도는 하지 않습니다.',
  },

  'dialog.flatten.sells': {
    en: 'Sells {quantity} at market: about {amount}, at {price} now.',
    ko: '{quantity} 전량을 시장가로 매도합니다: 약 {amount} (현재가 {price}).',
  },
  'dialog.flatten.sellsUnpriced': {
    en: 'Sells {quantity} at market. No price is known here, so the amount is not either.',
    ko: '{quantity} 전량을 시장가로 매도합니다. 현재가를 알 수 없어 금액은 표시할 수 없습니다.',
  },
  'dialog.flatten.earns': {
    en: 'Profit about {profit} ({percent}) against the average {average}, before fees and slippage.',
    ko: '평균가 {average} 대비 약 {profit} ({percent}) 이익. 수수료와 슬리피지 제외.',
  },
  'dialog.flatten.loses': {
    en: 'Loss about {profit} ({percent}) against the average {average}, before fees and slippage.',
    ko: '평균가 {average} 대비 약 {profit} ({percent}) 손실. 수수료와 슬리피지 제외.',
  },
  'dialog.flatten.empty': {
    en: '{symbol} holds nothing: nothing will be sold.',
    ko: '{symbol}: 보유가 없어 매도할 것이 없습니다.',
  },
  'dialog.flatten.cancels': {
    en: 'Cancels what rests at the venue first ({count} open order). A market order on its way is not called off.',
    ko: '거래소에 걸린 주문({count}건)을 먼저 취소합니다. 이미 보낸 시장가 주문은 취소되지 않습니다.',
  },
  'dialog.flatten.oldPrice': {
    en: 'The price is {seconds} s old: the market may be elsewhere.',
    ko: '가격이 {seconds}초 전 값입니다. 실제 시세와 다를 수 있습니다.',
  },
  'dialog.flatten.closePrice': {
    en: 'The price is a close of {time}, no trade has been heard since: the market may be elsewhere.',
    ko: '{time} 종가입니다. 이후 체결가를 받지 못해 실제 시세와 다를 수 있습니다.',
  },
  'dialog.flatten.reenters': {
    en: 'The strategy may enter again later. Pause the symbol as well if it must not.',
    ko: '이후 전략이 다시 진입할 수 있습니다. 원치 않으면 일시정지도 하십시오.',
  },
  'dialog.flatten.final': { en: 'A sale can’t be taken back.', ko: '매도는 되돌릴 수 없습니다.' },

  'dialog.resume.endsPause': { en: 'Ends the pause “{reason}”.', ko: '일시정지를 해제합니다: “{reason}”' },
  'dialog.resume.endsHalt': { en: 'Ends the halt “{reason}”.', ko: '중지를 해제합니다: “{reason}”' },
  'dialog.resume.symbol': {
    en: '{symbol} may enter again from the next closed candle on.',
    ko: '{symbol}: 다음 캔들 마감부터 다시 진입할 수 있습니다.',
  },
  'dialog.resume.account': {
    en: 'Entries are possible again from the next closed candle on.',
    ko: '다음 캔들 마감부터 다시 진입할 수 있습니다.',
  },
  'dialog.resume.nothing': {
    en: 'It is neither paused nor halted: nothing changes.',
    ko: '일시정지도 중지도 아니므로 바뀌는 것이 없습니다.',
  },
  'dialog.resume.accountStopped': {
    en: 'The account is paused or halted: entries stay refused until it is resumed too.',
    ko: '계좌가 일시정지 또는 중지 상태여서, 계좌도 재개해야 진입할 수 있습니다.',
  },
  'dialog.resume.ownStops': {
    en: 'Symbols that are paused or halted by themselves stay so.',
    ko: '종목별 일시정지와 중지는 그대로 유지됩니다.',
  },

  'dialog.pause.blind': {
    en: 'No new entries in {symbol}. Its state is not known here yet.',
    ko: '{symbol}에 새로 진입하지 않습니다. 현재 상태는 아직 알 수 없습니다.',
  },
  'dialog.halt.blind': {
    en: 'No new entries in {symbol} until a person resumes it. Its state is not known here yet.',
    ko: '사람이 재개할 때까지 {symbol}에 진입하지 않습니다. 현재 상태는 아직 알 수 없습니다.',
  },
  'dialog.flatten.blind': {
    en: 'Sells whatever {symbol} holds at market. How much that is, is not known here yet.',
    ko: '{symbol} 보유분을 모두 시장가로 매도합니다. 수량은 아직 알 수 없습니다.',
  },
  'dialog.resume.blind': {
    en: 'Ends pause and halt of {symbol}. Its state is not known here yet.',
    ko: '{symbol}의 일시정지와 중지를 해제합니다. 현재 상태는 아직 알 수 없습니다.',
  },
  'dialog.pause.accountBlind': {
    en: 'No new entries anywhere. The account is not known here yet.',
    ko: '모든 종목에 새로 진입하지 않습니다. 계좌 상태는 아직 알 수 없습니다.',
  },
  'dialog.halt.accountBlind': {
    en: 'No new entries anywhere until a person resumes. The account is not known here yet.',
    ko: '사람이 재개할 때까지 모든 종목에 진입하지 않습니다. 계좌 상태는 아직 알 수 없습니다.',
  },
  'dialog.resume.accountBlind': {
    en: 'Ends pause and halt of the account, which is not known here yet.',
    ko: '계좌의 일시정지와 중지를 해제합니다. 계좌 상태는 아직 알 수 없습니다.',
  },

  'dialog.reason': { en: 'Reason (kept in the journal)', ko: '이유 (기록에 남습니다)' },
  'dialog.name': { en: 'Your name', ko: '이름' },
  'dialog.confirmation': { en: 'Type {word} to confirm', ko: '확인하려면 {word} 입력' },
  'dialog.needReason': { en: 'Say why: the reason is kept.', ko: '이유를 적어 주십시오. 기록에 남습니다.' },
  'dialog.needName': { en: 'Say who you are.', ko: '이름을 적어 주십시오.' },
  'dialog.needConfirmation': { en: 'That is not {word}.', ko: '입력한 내용이 {word} 표기와 다릅니다.' },
  'dialog.lost': {
    en: 'The connection is lost: these numbers may be old, and the command may not arrive.',
    ko: '연결이 끊겼습니다. 수치가 오래됐을 수 있고 명령이 전달되지 않을 수 있습니다.',
  },
  'dialog.cancel': { en: 'Cancel', ko: '취소' },
  'dialog.close': { en: 'Close', ko: '닫기' },
  'dialog.back': { en: 'Change and try again', ko: '고쳐서 다시' },
  'dialog.again': { en: 'Send again', ko: '다시 보내기' },
  'dialog.sending': { en: 'Waiting for the engine’s answer…', ko: '엔진의 응답을 기다리는 중…' },
  'dialog.id': { en: 'Command {id}', ko: '명령 {id}' },
  'dialog.do.pause': { en: 'Pause', ko: '일시정지' },
  'dialog.do.resume': { en: 'Resume', ko: '재개' },
  'dialog.do.flatten': { en: 'Sell everything', ko: '전량 청산' },
  'dialog.do.halt': { en: 'Halt', ko: '중지' },

  'answer.done.pause': { en: 'Paused. {symbol} is {mode} now.', ko: '일시정지했습니다. {symbol} 상태: {mode}.' },
  'answer.done.halt': { en: 'Halted. {symbol} is {mode} now.', ko: '중지했습니다. {symbol} 상태: {mode}.' },
  'answer.done.resume': { en: 'Resumed. {symbol} is {mode} now.', ko: '재개했습니다. {symbol} 상태: {mode}.' },
  'answer.done.flatten': {
    en: 'Accepted. {symbol} is {mode} now; the fill appears among its events.',
    ko: '접수했습니다. {symbol} 상태: {mode}. 체결은 기록에 나타납니다.',
  },
  'answer.done.account.pause': { en: 'The account is paused.', ko: '계좌를 일시정지했습니다.' },
  'answer.done.account.halt': { en: 'The account is halted.', ko: '계좌를 중지했습니다.' },
  'answer.done.account.resume': { en: 'The account is resumed.', ko: '계좌를 재개했습니다.' },
  'answer.refused': { en: 'The engine refused: nothing changed.', ko: '엔진이 거절했습니다. 바뀐 것은 없습니다.' },
  'answer.unknown': {
    en: 'Nobody can tell whether it was done.',
    ko: '실행되었는지 확인할 수 없습니다.',
  },
  'answer.unknownAdvice': {
    en: 'Sending it again is safe: it carries the same id, so it is done once at most.',
    ko: '다시 보내도 안전합니다. 같은 ID로 보내므로 최대 한 번만 실행됩니다.',
  },
  'answer.INVALID': { en: 'The request was not understood.', ko: '요청 형식이 올바르지 않습니다.' },
  'answer.NOT_FOUND': { en: 'The engine does not serve this symbol.', ko: '엔진이 다루지 않는 종목입니다.' },
  'answer.NOT_OWNER': {
    en: 'The symbol is moving to another Pod. Send it again in a moment.',
    ko: '종목이 다른 Pod로 옮겨지는 중입니다. 잠시 뒤 다시 보내 주십시오.',
  },
  'answer.BUSY': {
    en: 'The symbol works on something else. Send it again in a moment.',
    ko: '종목이 다른 작업을 처리 중입니다. 잠시 뒤 다시 보내 주십시오.',
  },
  'answer.EXPIRED': { en: 'It came after its deadline.', ko: '기한이 지나 도착했습니다.' },
  'answer.HALTED': { en: 'It is halted: resume it first.', ko: '중지된 상태입니다. 먼저 재개하십시오.' },
  'answer.PAUSED': { en: 'It is paused: resume it first.', ko: '일시정지 상태입니다. 먼저 재개하십시오.' },
  'answer.REFUSED': {
    en: 'A limit of risk or of the venue forbids it.',
    ko: '위험 한도 또는 거래소 규칙에 걸립니다.',
  },
  'answer.INSUFFICIENT': {
    en: 'There is not enough free cash or quantity.',
    ko: '사용 가능한 현금 또는 수량이 부족합니다.',
  },
  'answer.UNAVAILABLE': {
    en: 'The engine is not reachable at the moment. Send it again.',
    ko: '엔진에 연결할 수 없습니다. 다시 보내 주십시오.',
  },
  'answer.INTERNAL': {
    en: 'The engine failed at it and set it aside: a person must look at the log.',
    ko: '엔진이 처리에 실패해 따로 보관했습니다. 로그를 확인해야 합니다.',
  },
  'answer.FORBIDDEN': {
    en: 'Your token may only read. Sign in with the control token.',
    ko: '읽기 전용 토큰입니다. 제어 토큰으로 로그인하십시오.',
  },
  'answer.LIMIT': {
    en: 'Too many requests. Send it again in a moment.',
    ko: '요청이 너무 많습니다. 잠시 뒤 다시 보내 주십시오.',
  },
} as const satisfies Texts;
