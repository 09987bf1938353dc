/** What is wrong with a command line is said before anything is sent: no engine is needed to see it. */
import { Command, CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { registerCtl } from '../../../cli/ctl.ts';
import { UsageError } from '../../../cli/exit-codes.ts';

/** Parses as `coinpilot` does; returns what was printed and how it ended. */
async function parse(words: readonly string[]): Promise<{ ended: unknown; printed: string }> {
  let printed = '';
  const write = (text: string): void => {
    printed += text;
  };
  const program = new Command('coinpilot').configureOutput({ writeOut: write, writeErr: write }).exitOverride();
  registerCtl(program);
  const ended = await program.parseAsync(['ctl', ...words], { from: 'user' }).catch((error: unknown) => error);
  return { ended, printed };
}

describe('ctl refuses', () => {
  it.each([
    [['symbol', 'KRW-BTC', 'fill', '--side', 'buy', '--price', '100'], '--quantity'],
    [['symbol', 'KRW-BTC', 'fill', '--side', 'up', '--price', '100', '--quantity', '1'], 'buy, sell'],
    [['symbol', 'KRW-BTC', 'pause'], '--reason'],
    [['symbol', 'KRW-BTC', 'pause', '--reason'], '--reason'],
    [['symbol', 'KRW-BTC', 'resolve', '--order-id', 'x', '--outcome', 'lost', '--reason', 'y'], 'rejected, cancelled'],
    [['symbol', 'KRW-BTC', 'dance'], 'dance'],
    [['symbol', 'KRW-BTC'], 'explain'],
    [['symbol'], '<SYMBOL>'],
    [['account', 'deposit'], '--amount'],
    [['account', 'get', 'more'], 'too many arguments'],
    [['cluster', 'add'], 'symbols'],
    [['cluster', 'drain', 'a', '--force'], '--force'],
    [['nonsense'], 'nonsense'],
    [[], 'symbol'],
  ])('%j and names what is wrong', async (words, named) => {
    const { ended, printed } = await parse(words);
    expect(ended).toBeInstanceOf(CommanderError);
    expect((ended as CommanderError).exitCode).not.toBe(0);
    expect(printed).toContain(named);
  });

  it.each([
    [['symbol', 'KRW-BTC', 'order', '--side', 'buy'], '--quantity'],
    [['symbol', 'KRW-BTC', 'order', '--side', 'buy', '--quantity', '1', '--type', 'limit'], '--price'],
    [['symbol', 'KRW.*', 'get'], 'KRW.*'],
    [['pod', 'a b', 'ping'], 'a b'],
    [['account', 'get', '--timeout', 'soon'], 'soon'],
    [['account', 'get', '--timeout', '0'], '--timeout'],
  ])('%j as a mistake of usage', async (words, named) => {
    const { ended } = await parse(words);
    expect(ended).toBeInstanceOf(UsageError);
    expect((ended as UsageError).message).toContain(named);
  });
});

describe('the help of ctl', () => {
  it.each([
    [['--help'], 'coinpilot ctl account get'],
    [['symbol', '--help'], 'coinpilot ctl symbol <SYMBOL> explain'],
    [['symbol', 'KRW-BTC', '--help'], 'coinpilot ctl symbol KRW-BTC explain'],
    [['symbol', 'KRW-BTC', 'fill', '--help'], 'coinpilot ctl symbol KRW-BTC fill --side buy'],
    [['account', 'deposit', '--help'], 'coinpilot ctl account deposit --amount 1000000'],
    [['cluster', '-h'], 'coinpilot ctl cluster add KRW-ADA KRW-DOT'],
    [['pod', '-h'], 'coinpilot ctl pod <POD> ping'],
  ])('of %j shows an example to type', async (words, example) => {
    const { ended, printed } = await parse(words);
    expect((ended as CommanderError).exitCode).toBe(0);
    expect(printed).toContain('Examples:');
    expect(printed).toContain(example);
  });
});
