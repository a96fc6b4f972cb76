import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../runtime/random/random.ts';
import { placeStriped } from './striped-placement.ts';
import type { UsableBroker } from './striped-placement.ts';

const NAMES = ['a', 'b', 'c', 'd'];
/** Racks of `perRack` brokers: broker 10 · rack + i. */
const cluster = (racks: number, perRack: number, fenced: readonly number[] = []): UsableBroker[] =>
  Array.from({ length: racks * perRack }, (_, i) => ({ id: 10 * (i % racks) + Math.floor(i / racks), rack: NAMES[i % racks], fenced: fenced.includes(10 * (i % racks) + Math.floor(i / racks)) }));
const place = (brokers: readonly UsableBroker[], partitions: number, replicationFactor: number, seed = '1'): readonly (readonly number[])[] => placeStriped(brokers, partitions, replicationFactor, randomStream(seed, 'placement'));
const rackOf = (id: number): number => Math.floor(id / 10);

describe('replicas over racks', () => {
  it('stripes: every partition begins one rack further on, and one broker further on in each', () => {
    const placed = place(cluster(3, 3), 3, 3);
    const [first] = placed[0]!;
    for (const [partition, replicas] of placed.entries()) {
      expect(replicas.map(rackOf)).toEqual([0, 1, 2].map((replica) => (rackOf(first!) + partition + replica) % 3));
      for (const id of replicas) {
        const inFirst = placed[0]!.find((other) => rackOf(other) === rackOf(id))!;
        expect(id % 10).toBe(((inFirst % 10) + partition) % 3);
      }
    }
  });

  it('begins elsewhere on another seed, and at the same place on the same', () => {
    const firsts = Array.from({ length: 40 }, (_, seed) => place(cluster(3, 2), 1, 1, String(seed))[0]![0]!);
    expect(new Set(firsts).size).toBe(6);
    expect(place(cluster(3, 2), 20, 3)).toEqual(place(cluster(3, 2), 20, 3));
  });

  it('any seed: no broker twice, as many racks as can be, leaders on unfenced brokers, and as many leaderships for each while racks are of one size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 40 }), fc.nat(), fc.string(), (racks, perRack, partitions, pick, seed) => {
        const brokers = cluster(racks, perRack);
        const factor = 1 + (pick % brokers.length);
        const placed = place(brokers, partitions, factor, seed);
        for (const replicas of placed) {
          expect(new Set(replicas).size).toBe(factor);
          expect(new Set(replicas.map(rackOf)).size).toBe(Math.min(racks, factor));
        }
        const leads = NAMES.slice(0, racks).map((_name, rack) => placed.filter(([leader]) => rackOf(leader!) === rack).length);
        // Whole passes over the racks lie between two shuffles; for a single replica, a broker may be passed over after each.
        const shuffles = Math.floor(partitions / brokers.length);
        expect(Math.max(...leads) - Math.min(...leads)).toBeLessThanOrEqual(1 + (factor === 1 ? 2 * shuffles : 0));
      }),
    );
  });

  it('takes fenced brokers only where the others of their rack are used up, and never for a leader', () => {
    for (let seed = 0; seed < 20; seed += 1) {
      for (const [leader, ...followers] of place(cluster(2, 2, [0, 1]), 8, 2, String(seed))) {
        expect(rackOf(leader!)).toBe(1);
        expect(followers.map(rackOf)).toEqual([0]);
      }
      for (const replicas of place(cluster(2, 2, [0]), 8, 2, String(seed))) expect(replicas).not.toContain(0);
    }
  });

  it('one rack after all: brokers in turn', () => {
    const placed = place(cluster(1, 4), 4, 2);
    expect(placed.map(([leader]) => leader!).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    for (const [leader, follower] of placed) expect(follower).toBe((leader! + 1) % 4);
  });

  it('one broker: everything stands there', () => {
    expect(place(cluster(1, 1), 5, 1)).toEqual([[0], [0], [0], [0], [0]]);
  });
});
