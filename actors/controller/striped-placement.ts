/**
 * @module
 * Where the replicas of a new topic go where brokers name their racks (broker.rack), as Kafka's StripedReplicaPlacer has it: over the racks first, one replica after the
 * other, then over the brokers of each, the leader to one that is not fenced. Every partition begins one rack and one broker further on; where the first begins is drawn.
 *
 *     partition 0:  A0 B0 C0
 *     partition 1:  B1 C1 A1
 *     partition 2:  C2 A2 B2
 *
 * Once there are as many partitions as unfenced brokers everything is shuffled, so that the same brokers do not meet again and again. Rounds are counted anew then, and
 * a broker that was given out in the first round before and in no other counts as given out in the first round after: as in Kafka.
 */
import type { Random } from '../../runtime/index.ts';

/** A broker that is registered and does not shut down. */
export interface UsableBroker {
  readonly id: number;
  readonly rack: string | undefined;
  readonly fenced: boolean;
}

/** Brokers of each partition, the preferred leader first. There is one that is not fenced, and there are as many as replicas are asked for. */
export function placeStriped(brokers: readonly UsableBroker[], partitions: number, replicationFactor: number, random: Random): readonly (readonly number[])[] {
  const racks = new Racks(brokers, random);
  return Array.from({ length: partitions }, () => racks.place(replicationFactor));
}

/** Brokers that are given out in a circle. In every round (of one partition) each once, beginning one further on than in the round before. */
class Circle {
  readonly #brokers: number[];
  #offset: number;
  #given = 0;
  #round = 0;

  constructor(brokers: readonly number[], random: Random) {
    this.#brokers = brokers.toSorted((a, b) => a - b);
    this.#offset = brokers.length === 0 ? 0 : random.below(brokers.length);
  }

  /** Undefined: all were given out in this round. */
  next(round: number): number | undefined {
    if (this.#round !== round) {
      this.#round = round;
      this.#given = 0;
      this.#offset += 1;
    }
    if (this.#given >= this.#brokers.length) return undefined;
    this.#given += 1;
    return this.#brokers[(this.#given - 1 + this.#offset) % this.#brokers.length];
  }

  shuffle(random: Random): void {
    shuffle(this.#brokers, random);
  }
}

interface Rack {
  readonly unfenced: Circle;
  readonly fenced: Circle;
}

class Racks {
  readonly #random: Random;
  /** In the order of their names; brokers without a rack come first. */
  readonly #racks: Rack[];
  readonly #unfenced: number;
  #round = 0;
  #offset: number;

  constructor(brokers: readonly UsableBroker[], random: Random) {
    this.#random = random;
    const names = [...new Set(brokers.map(({ rack }) => rack ?? ''))].sort((a, b) => (a < b ? -1 : 1));
    this.#racks = names.map((name) => {
      const inRack = brokers.filter(({ rack }) => (rack ?? '') === name);
      const circle = (isFenced: boolean): Circle => new Circle(inRack.filter(({ fenced }) => fenced === isFenced).map(({ id }) => id), random);
      return { unfenced: circle(false), fenced: circle(true) };
    });
    this.#unfenced = brokers.filter(({ fenced }) => !fenced).length;
    this.#offset = random.below(this.#racks.length);
  }

  place(replicationFactor: number): number[] {
    if (this.#round === this.#unfenced && this.#unfenced > 1) {
      shuffle(this.#racks, this.#random);
      for (const { unfenced, fenced } of this.#racks) for (const circle of [unfenced, fenced]) circle.shuffle(this.#random);
      this.#round = 0;
    }
    const count = this.#racks.length;
    const placed: number[] = [];
    let leadersRack = this.#offset % count;
    for (let leader; leader === undefined; ) {
      leader = this.#racks[leadersRack]!.unfenced.next(this.#round);
      if (leader === undefined) leadersRack = (leadersRack + 1) % count;
      else placed.push(leader);
    }
    let isLeadersTurnOver = false;
    for (let at = this.#offset; placed.length < replicationFactor; at += 1) {
      // The rack of the leader has had its first turn.
      if (at % count === leadersRack && !isLeadersTurnOver) {
        isLeadersTurnOver = true;
        continue;
      }
      const { unfenced, fenced } = this.#racks[at % count]!;
      const replica = unfenced.next(this.#round) ?? fenced.next(this.#round);
      if (replica !== undefined) placed.push(replica);
    }
    this.#round += 1;
    this.#offset += 1;
    return placed;
  }
}

function shuffle<T>(items: T[], random: Random): void {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = random.below(last + 1);
    [items[last], items[other]] = [items[other]!, items[last]!];
  }
}
