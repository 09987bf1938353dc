import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Mailbox } from '../../../actors/mailbox.ts';

describe('a mailbox', () => {
  it('gives items back in the order in which they came', () => {
    const mailbox = new Mailbox<number>(3);
    for (const item of [1, 2, 3]) expect(mailbox.push(item)).toBe(true);
    expect([mailbox.shift(), mailbox.shift(), mailbox.shift(), mailbox.shift()]).toEqual([1, 2, 3, undefined]);
  });

  it('refuses the item above its capacity and keeps those it took', () => {
    const mailbox = new Mailbox<number>(2);
    mailbox.push(1);
    mailbox.push(2);
    expect(mailbox.push(3)).toBe(false);
    expect(mailbox.size).toBe(2);
    mailbox.shift();
    expect(mailbox.push(4)).toBe(true);
    expect(mailbox.clear()).toEqual([2, 4]);
  });

  it('takes an item back at its head, also when it is full', () => {
    const mailbox = new Mailbox<number>(2);
    mailbox.push(1);
    mailbox.push(2);
    const first = mailbox.shift() as number;
    mailbox.push(3);
    mailbox.unshift(first);
    expect(mailbox.size).toBe(3);
    expect(mailbox.push(4)).toBe(false);
    expect(mailbox.clear()).toEqual([1, 2, 3]);
  });

  it('is empty after clear and can be used again', () => {
    const mailbox = new Mailbox<number>(1);
    mailbox.push(1);
    expect(mailbox.clear()).toEqual([1]);
    expect([mailbox.size, mailbox.shift()]).toEqual([0, undefined]);
    expect(mailbox.push(2)).toBe(true);
  });

  it('behaves as a plain bounded list under any sequence of calls', () => {
    const capacity = 4;
    fc.assert(
      fc.property(fc.array(fc.constantFrom('push', 'shift', 'unshift', 'clear'), { maxLength: 60 }), (calls) => {
        const mailbox = new Mailbox<number>(capacity);
        let model: number[] = [];
        for (const [item, call] of calls.entries()) {
          if (call === 'push') {
            expect(mailbox.push(item)).toBe(model.length < capacity);
            if (model.length < capacity) model.push(item);
          } else if (call === 'shift') {
            expect(mailbox.shift()).toBe(model.shift());
          } else if (call === 'unshift') {
            mailbox.unshift(item);
            model.unshift(item);
          } else {
            expect(mailbox.clear()).toEqual(model);
            model = [];
          }
          expect(mailbox.size).toBe(model.length);
        }
      }),
    );
  });
});
