import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { CTL_COMMANDS, type CtlCommand, type Options, requestBody, type Target } from '../../../cli/ctl-commands.ts';
import { repeatText } from '../../../cli/ctl-run.ts';
import {
  cancelRequest,
  cashRequest,
  controlRequest,
  drainRequest,
  fillRequest,
  limitsRequest,
  orderRequest,
  resolveRequest,
  symbolsRequest,
} from '../../../protocol/messages.ts';
import { ACCOUNT_COMMANDS, CLUSTER_COMMANDS, POD_COMMANDS, SYMBOL_COMMANDS } from '../../../protocol/subjects.ts';

const ID = '0197c0de-0000-7000-8000-000000000001';

function command(target: Target, name: string): CtlCommand {
  const found = CTL_COMMANDS[target].find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`there is no command ${target} ${name}`);
  return found;
}

const body = (target: Target, name: string, options: Options, positional: string[] = []) =>
  requestBody(command(target, name), options, positional, () => ID);

describe('the commands of ctl', () => {
  it.each([
    ['symbol', SYMBOL_COMMANDS],
    ['account', ACCOUNT_COMMANDS],
    ['cluster', CLUSTER_COMMANDS],
    ['pod', POD_COMMANDS],
  ] as const)('for a %s are those of the wire, every one', (target, wire) => {
    expect(CTL_COMMANDS[target].map(({ name }) => name).sort()).toEqual([...wire].sort());
  });

  it('have an example each that starts with their name', () => {
    for (const spec of Object.values(CTL_COMMANDS).flat()) {
      expect(spec.examples.length).toBeGreaterThan(0);
      for (const example of spec.examples) expect(example.split(' ')[0]).toBe(spec.name);
    }
  });

  // The schemas are strict: a flag that is named otherwise than the wire's field would be refused here.
  it.each<[Target, string, Options, string[], z.ZodType]>([
    [
      'symbol',
      'fill',
      { side: 'buy', quantity: '0.5', price: '100', fee: '1', at: '2026-01-31T09:00:00Z' },
      [],
      fillRequest,
    ],
    ['symbol', 'order', { side: 'buy', amount: '100000' }, [], orderRequest],
    ['symbol', 'order', { side: 'sell', quantity: '1', price: '100', timeInForce: 'GTC' }, [], orderRequest],
    ['symbol', 'cancel', { orderId: 'x', reason: 'why' }, [], cancelRequest],
    ['symbol', 'flatten', { reason: 'why' }, [], controlRequest],
    ['symbol', 'halt', { reason: 'why' }, [], controlRequest],
    ['symbol', 'resolve', { orderId: 'x', outcome: 'rejected', reason: 'why' }, [], resolveRequest],
    ['account', 'deposit', { amount: '1000000' }, [], cashRequest],
    ['account', 'resume', { reason: 'why' }, [], controlRequest],
    ['account', 'flatten', { reason: 'why', by: 'kim' }, [], controlRequest],
    ['account', 'limits', { reason: 'why' }, ['positionsMax=3', 'cooldownMs=4 h,orderShareMax=default'], limitsRequest],
    ['cluster', 'add', {}, ['KRW-ADA,KRW-DOT', 'KRW-SUI'], symbolsRequest],
    ['cluster', 'drain', { reason: 'why' }, ['pod-3'], drainRequest],
  ])('%s %s makes a request the engine takes', (target, name, options, positional, schema) => {
    const request = body(target, name, options, positional);
    expect(schema.safeParse(request)).toMatchObject({ success: true });
    expect(request.id).toBe(ID);
  });

  it('pass money on as it was typed', () => {
    expect(body('symbol', 'fill', { side: 'buy', quantity: '0.10', price: '1e9' })).toMatchObject({
      quantity: '0.10',
      price: '1e9',
    });
  });

  it('ask for the limits when none is named, and set them by name when some are', () => {
    expect(body('account', 'limits', {})).toEqual({});
    expect(body('account', 'limits', { reason: 'why' }, ['positionsMax=3', 'orderShareMax=default'])).toEqual({
      reason: 'why',
      limits: { positionsMax: '3', orderShareMax: null },
      id: ID,
    });
  });

  it('keep the id that was given', () => {
    expect(body('account', 'deposit', { amount: '1', id: 'mine' })).toEqual({ amount: '1', id: 'mine' });
  });

  it('give a question no id', () => {
    expect(body('symbol', 'get', {})).toEqual({});
  });

  it('split the symbols of cluster add at spaces and commas', () => {
    expect(body('cluster', 'add', {}, ['KRW-ADA,KRW-DOT', 'KRW-SUI']).symbols).toEqual([
      'KRW-ADA',
      'KRW-DOT',
      'KRW-SUI',
    ]);
  });

  it('make an order with a price a limit order, one without a market order', () => {
    expect(body('symbol', 'order', { side: 'buy', quantity: '1', price: '5' }).type).toBe('limit');
    expect(body('symbol', 'order', { side: 'buy', quantity: '1' }).type).toBe('market');
  });

  it.each<[Options, boolean]>([
    [{ quantity: '1' }, true],
    [{ amount: '1' }, true],
    [{ quantity: '1', type: 'limit', price: '1' }, true],
    [{}, false],
    [{ quantity: '1', amount: '1' }, false],
    [{ quantity: '1', type: 'limit' }, false],
    [{ quantity: '1', type: 'market', price: '1' }, false],
  ])('check an order of %j before it is sent: %s', (options, good) => {
    expect(command('symbol', 'order').check?.(options) === undefined).toBe(good);
  });
});

describe('repeatText', () => {
  it('gives the command back with its id, quoted for a shell', () => {
    expect(repeatText(['ctl', 'symbol', 'KRW-BTC', 'halt', '--reason', "it's odd; $HOME"], ID)).toContain(
      `coinpilot ctl symbol KRW-BTC halt --reason 'it'\\''s odd; $HOME' --id ${ID}`,
    );
  });

  it('does not add a second id', () => {
    expect(repeatText(['ctl', 'account', 'deposit', '--amount', '1', '--id', ID], ID).match(/--id/g)).toHaveLength(1);
  });
});
