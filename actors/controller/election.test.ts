import { describe, expect, test } from 'vitest';
import type { PartitionRegistration } from '../metadata/metadata-image.ts';
import { changeIsr, electLeader, withBroker, withoutBroker } from './election.ts';

const at = { topic: 'orders', partition: 0 };

function partition(leader: number, isr: readonly number[], replicas: readonly number[] = [0, 1, 2]): PartitionRegistration {
  return { replicas, isr, leader, leaderEpoch: 5, partitionEpoch: 9, leaderRecoveryState: 0 };
}

const active =
  (...brokers: number[]) =>
  (broker: number): boolean =>
    brokers.includes(broker);

describe('ONLINE election (EL-1, EL-2)', () => {
  test.each([
    ['keeps a valid leader', partition(1, [0, 1, 2]), [0, 1, 2], active(0, 1, 2), 1],
    ['takes the first valid replica in replica order', partition(0, [0, 1, 2], [0, 2, 1]), [1, 2], active(1, 2), 2],
    ['never takes a replica outside the in-sync set', partition(0, [0, 1]), [1], active(1, 2), 1],
    ['never takes a broker that is not active', partition(0, [0, 1, 2]), [1, 2], active(2), 2],
    ['elects nobody when nobody in sync is active', partition(0, [0, 1]), [0, 1], active(2), -1],
  ])('%s', (_, registration, targetIsr, isActive, leader) => {
    expect(electLeader(registration, targetIsr, isActive)).toBe(leader);
  });
});

describe('a broker goes (EL-7, EL-10)', () => {
  test('the leader: it leaves the in-sync set and the next leads', () => {
    expect(withoutBroker(at, partition(0, [0, 1, 2]), 0, active(0, 1, 2))).toEqual({ type: 'PartitionChange', ...at, isr: [1, 2], leader: 1 });
  });

  test('a follower: the leader field is absent, so that the leader epoch stays (EL-4)', () => {
    expect(withoutBroker(at, partition(0, [0, 1, 2]), 2, active(0, 1, 2))).toEqual({ type: 'PartitionChange', ...at, isr: [0, 1] });
  });

  test('the last replica standing: the set is kept, nobody leads (EL-5)', () => {
    expect(withoutBroker(at, partition(2, [2]), 2, active(0, 1, 2))).toEqual({ type: 'PartitionChange', ...at, leader: -1 });
  });

  test('a broker out of sync: nothing changes', () => {
    expect(withoutBroker(at, partition(0, [0, 1]), 2, active(0, 1, 2))).toBeUndefined();
  });
});

describe('a broker returns (EL-8)', () => {
  test('it leads where nobody does and it is in sync', () => {
    expect(withBroker(at, partition(-1, [2]), active(2))).toEqual({ type: 'PartitionChange', ...at, leader: 2 });
  });

  test('it does not lead where it is out of sync', () => {
    expect(withBroker(at, partition(-1, [2]), active(1))).toBeUndefined();
  });

  test('a leader in office stays', () => {
    expect(withBroker(at, partition(0, [0, 2]), active(0, 2))).toBeUndefined();
  });
});

test('an in-sync set that is the same is not written', () => {
  expect(changeIsr(at, partition(0, [0, 1]), [0, 1], active(0, 1))).toBeUndefined();
});
