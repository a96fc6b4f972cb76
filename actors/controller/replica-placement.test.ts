import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assignReplicas } from './replica-placement.ts';

test('replicas of a partition are on different brokers, and leaders are dealt out evenly', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 40 }), fc.nat(), (brokers, partitions, pick) => {
      const ids = Array.from({ length: brokers }, (_, i) => i * 10);
      const factor = 1 + (pick % brokers);
      const placed = assignReplicas(ids, partitions, factor);
      for (const replicas of placed) {
        expect(new Set(replicas).size).toBe(factor);
        expect(replicas.every((id) => ids.includes(id))).toBe(true);
      }
      const leads = ids.map((id) => placed.filter(([leader]) => leader === id).length);
      expect(Math.max(...leads) - Math.min(...leads)).toBeLessThanOrEqual(1);
    }),
  );
});
