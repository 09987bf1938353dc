import { describe, expect, it } from 'vitest';
import { fromNumber } from '../../../domain/money.ts';
import { applyOrderEvent, isFinal, type Order, type OrderEvent, type OrderStatus } from '../../../domain/order.ts';
import { orderWith } from './builders.ts';

const EVENTS: { readonly [Type in OrderEvent['type']]: Extract<OrderEvent, { type: Type }> } = {
  accepted: { type: 'accepted' },
  fill: { type: 'fill', quantity: fromNumber(1), notional: fromNumber(100), fee: fromNumber(0.05) },
  done: { type: 'done' },
  cancelled: { type: 'cancelled' },
  rejected: { type: 'rejected', reason: 'invalid price' },
  ambiguous: { type: 'ambiguous' },
};

type Expected = OrderStatus | 'illegal';
const NOTHING: Record<OrderEvent['type'], Expected> = {
  accepted: 'illegal',
  fill: 'illegal',
  done: 'illegal',
  cancelled: 'illegal',
  rejected: 'illegal',
  ambiguous: 'illegal',
};

/** What every event does to an order without fills. The compiler keeps it complete. */
const EXPECTED: Record<OrderStatus, Record<OrderEvent['type'], Expected>> = {
  pending: {
    accepted: 'open',
    fill: 'open',
    done: 'cancelled',
    cancelled: 'cancelled',
    rejected: 'rejected',
    ambiguous: 'unknown',
  },
  open: {
    accepted: 'open',
    fill: 'open',
    done: 'cancelled',
    cancelled: 'cancelled',
    rejected: 'illegal',
    ambiguous: 'unknown',
  },
  unknown: {
    accepted: 'open',
    fill: 'open',
    done: 'cancelled',
    cancelled: 'cancelled',
    rejected: 'rejected',
    ambiguous: 'unknown',
  },
  filled: NOTHING,
  cancelled: NOTHING,
  rejected: NOTHING,
};

const CASES = (Object.keys(EXPECTED) as OrderStatus[]).flatMap((status) =>
  (Object.keys(EVENTS) as OrderEvent['type'][]).map((type) => ({ status, type, expected: EXPECTED[status][type] })),
);

function apply(order: Order, ...events: OrderEvent[]): Order {
  return events.reduce((before, event) => {
    const after = applyOrderEvent(before, event);
    if ('illegal' in after) throw new Error(after.illegal);
    return after;
  }, order);
}

describe('the life cycle of an order', () => {
  it.each(CASES)('$status + $type → $expected', ({ status, type, expected }) => {
    const after = applyOrderEvent(orderWith({ status }), EVENTS[type]);
    expect('illegal' in after ? 'illegal' : after.status).toBe(expected);
  });

  it('is over exactly when no event is legal any more', () => {
    for (const status of Object.keys(EXPECTED) as OrderStatus[]) {
      expect(isFinal(status)).toBe(EXPECTED[status] === NOTHING);
    }
  });

  it('is filled when the venue is done and anything was filled, even a part', () => {
    const order = apply(orderWith(), EVENTS.accepted, EVENTS.fill, EVENTS.done);
    expect(order).toMatchObject({
      status: 'filled',
      filledQuantity: fromNumber(1),
      filledNotional: fromNumber(100),
      fees: fromNumber(0.05),
    });
  });

  it('keeps the fills of a cancelled order', () => {
    const order = apply(orderWith(), EVENTS.fill, EVENTS.cancelled);
    expect(order).toMatchObject({ status: 'cancelled', filledQuantity: fromNumber(1) });
  });

  it('sums its fills', () => {
    const order = apply(orderWith(), EVENTS.fill, EVENTS.fill);
    expect(order).toMatchObject({
      filledQuantity: fromNumber(2),
      filledNotional: fromNumber(200),
      fees: fromNumber(0.1),
    });
  });

  it('stays unknown until the venue proves something', () => {
    const unknown = apply(orderWith(), EVENTS.ambiguous, EVENTS.ambiguous);
    expect(unknown.status).toBe('unknown');
    expect(apply(unknown, EVENTS.fill, EVENTS.done).status).toBe('filled');
  });

  it('keeps the venue’s reason of a rejection', () => {
    expect(apply(orderWith(), EVENTS.rejected)).toMatchObject({ status: 'rejected', reason: 'invalid price' });
  });

  it('calls contradictions illegal instead of recording them', () => {
    const illegal = (order: Order, event: OrderEvent) => applyOrderEvent(order, event);
    const full = apply(orderWith(), EVENTS.fill, EVENTS.fill);
    expect(illegal(full, EVENTS.fill)).toEqual({ illegal: expect.stringMatching(/exceed its quantity/) });
    expect(illegal(orderWith(), { ...EVENTS.fill, quantity: 0n })).toEqual({ illegal: expect.any(String) });
    const filledThenLost = apply(orderWith(), EVENTS.fill, EVENTS.ambiguous);
    expect(illegal(filledThenLost, EVENTS.rejected)).toEqual({ illegal: expect.stringMatching(/contradicts/) });
    expect(illegal(orderWith({ status: 'filled' }), EVENTS.fill)).toEqual({
      illegal: 'order order-1: fill is impossible once it is filled',
    });
  });
});
