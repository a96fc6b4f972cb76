import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventQueue } from './event-queue.ts';

interface Entry {
  readonly time: number;
  readonly order: number;
  readonly slot: number;
}

const byKey = (a: Entry, b: Entry): number => a.time - b.time || a.order - b.order;

function popped(queue: EventQueue<string>): { time: number; order: number; target: number; payload: string | undefined } {
  queue.pop();
  const { time, order, target, payload } = queue;
  return { time, order, target, payload };
}

describe('an event queue', () => {
  it('is a sorted list, whatever is pushed, popped and removed in whatever order', () => {
    const operation = fc.oneof(
      { weight: 4, arbitrary: fc.record({ push: fc.nat(20) }) },
      { weight: 2, arbitrary: fc.constant('pop' as const) },
      { weight: 2, arbitrary: fc.record({ remove: fc.nat() }) },
    );
    fc.assert(fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
      const queue = new EventQueue<string>();
      const model: Entry[] = [];
      operations.forEach((operation, order) => {
        if (operation === 'pop') {
          const first = model.shift();
          if (first === undefined) expect(() => queue.pop()).toThrow(RangeError);
          else expect(popped(queue)).toEqual({ time: first.time, order: first.order, target: first.order * 2, payload: `p${first.order}` });
        } else if ('push' in operation) {
          model.push({ time: operation.push, order, slot: queue.push(operation.push, order, order * 2, `p${order}`) });
          model.sort(byKey);
        } else if (model.length > 0) {
          const [{ slot }] = model.splice(operation.remove % model.length, 1) as [Entry];
          queue.remove(slot);
          if (model.every((entry) => entry.slot !== slot)) expect(() => queue.remove(slot)).toThrow(RangeError);
        }
        expect(queue.size).toBe(model.length);
        expect(queue.headTime).toBe(model[0]?.time ?? Infinity);
      });
      expect(model.map(() => popped(queue).order)).toEqual(model.map(({ order }) => order));
    }));
  });

  it('grows, and keeps its order and its slots', () => {
    const queue = new EventQueue<string>();
    const slots = Array.from({ length: 10_000 }, (_, i) => queue.push((i * 7_919) % 10_007, i, i, undefined));
    for (let i = 0; i < slots.length; i += 3) queue.remove(slots[i]!);
    const left = Array.from({ length: 10_000 }, (_, i) => i).filter((i) => i % 3 !== 0).sort((a, b) => (a * 7_919) % 10_007 - (b * 7_919) % 10_007);
    expect(left.map(() => popped(queue).target)).toEqual(left);
    expect(queue.size).toBe(0);
  });

  it('refuses to remove what it does not hold', () => {
    const queue = new EventQueue<string>();
    const slot = queue.push(1, 1, 0, undefined);
    queue.pop();
    for (const absent of [slot, -1, 5, 1_000_000]) expect(() => queue.remove(absent)).toThrow(RangeError);
  });

  it('finds the slots of one target', () => {
    const queue = new EventQueue<string>();
    const mine = [3, 1, 2].map((time) => queue.push(time, time, 7, undefined));
    queue.push(0, 9, 8, undefined);
    expect(queue.slotsWhere((target) => target === 7).sort((a, b) => a - b)).toEqual([...mine].sort((a, b) => a - b));
  });
});
