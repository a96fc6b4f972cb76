import { describe, expect, test } from 'vitest';
import { PROTOCOLS } from '../protocols.ts';
import { active } from '../testing/partition.ts';
import { electLeader } from './election.ts';
import type { ElectionType } from './election.ts';

const ELR = PROTOCOLS['4.2']!.variant;
const NO_ELR = { ...ELR, eligibleLeaderReplicas: false };

/** leader, isr, elr, last known, active brokers; replicas are 0, 1, 2. */
type Row = readonly [what: string, leader: number, isr: readonly number[], elr: readonly number[], lastKnown: readonly number[], alive: readonly number[], elected: number, isUnclean?: boolean];

function elect(type: ElectionType, [, leader, isr, elr, lastKnownElr, alive]: Row, variant = ELR): { leader: number; isUnclean: boolean } {
  return electLeader({ leader, replicas: [0, 1, 2], isr, elr, lastKnownElr }, type, active(...alive), variant);
}

const ladders: Record<ElectionType, readonly Row[]> = {
  online: [
    ['the present leader stays though another is preferred', 1, [0, 1, 2], [], [], [0, 1, 2], 1],
    ['else the first valid one in replica order', 0, [2, 1], [], [], [1, 2], 1],
    ['never one out of sync', 0, [0, 1], [], [], [2], -1],
    ['never one that is not active', 0, [0, 1, 2], [], [], [2], 2],
    ['an eligible leader replica when nobody is in sync', -1, [], [2, 1], [], [1, 2], 1],
    ['no eligible leader replica while somebody is in sync, even if nobody of those is active', 0, [0], [1, 2], [], [1, 2], -1],
    ['an eligible leader replica before the last known leader', -1, [], [2], [0], [0, 2], 2],
    ['not the last known leader while there are eligible replicas, even inactive ones', -1, [], [2], [0], [0, 1], -1],
    ['the last known leader when nobody else can be known to have all: unclean', -1, [], [], [1], [0, 1, 2], 1, true],
    ['not a last known leader that is fenced (KAFKA-19522)', -1, [], [], [1], [0, 2], -1],
    ['not one of several last known replicas', -1, [], [], [1, 2], [0, 1, 2], -1],
    ['nobody when nobody is left', -1, [], [], [], [0, 1, 2], -1],
  ],
  unclean: [
    ['the present leader stays', 1, [0, 1, 2], [], [], [0, 1, 2], 1],
    ['who is in sync before who is not', 0, [2], [], [], [1, 2], 2],
    ['an eligible leader replica before who is not', -1, [], [2], [], [1, 2], 2],
    ['the last known leader before others', -1, [], [], [2], [1, 2], 2, true],
    ['whoever is active, in replica order', 0, [0], [], [], [1, 2], 1, true],
    ['whoever is active, though inactive ones are eligible', -1, [], [2], [0], [1], 1, true],
    ['nobody when nobody is active', 0, [0], [1], [2], [], -1],
  ],
  preferred: [
    ['the first replica, though another leads', 1, [0, 1, 2], [], [], [0, 1, 2], 0],
    ['the present leader when the first replica is out of sync', 2, [1, 2], [], [], [0, 1, 2], 2],
    ['the first valid one when neither can lead', 0, [1, 2], [], [], [1, 2], 1],
    ['an eligible leader replica that is the first', -1, [], [0, 1], [], [0, 1, 2], 0],
    ['the last known leader', -1, [], [], [2], [0, 1, 2], 2, true],
    ['never whoever is there', -1, [0], [], [], [1, 2], -1],
  ],
};

describe.each(Object.entries(ladders) as [ElectionType, readonly Row[]][])('the ladder of %s elections with eligible leader replicas (EL-1, EL-2)', (type, rows) => {
  test.each(rows.map((row) => [row[0], row] as const))('%s', (_, row) => {
    expect(elect(type, row)).toEqual({ leader: row[6], isUnclean: row[7] ?? false });
  });
});

describe('the ladder without eligible leader replicas (EL-1, EL-2)', () => {
  test.each<[ElectionType, Row]>([
    ['online', ['', -1, [], [], [1], [0, 1, 2], -1]],
    ['preferred', ['', -1, [], [], [1], [0, 1, 2], -1]],
    ['unclean', ['', -1, [], [], [1], [0, 1, 2], 0, true]],
  ])('%s: the last known leader is not on it', (type, row) => {
    expect(elect(type, row, NO_ELR)).toEqual({ leader: row[6], isUnclean: row[7] ?? false });
  });

  test.each<[ElectionType, readonly number[], number]>([['online', [1, 2], 1], ['unclean', [1, 2], 1], ['preferred', [0, 1, 2], 0]])('%s: sets that are not empty are as with them', (type, isr, leader) => {
    expect(elect(type, ['', 0, isr, [], [], isr, leader], NO_ELR)).toEqual({ leader, isUnclean: false });
  });
});

test('without electsLastKnownLeader the partition waits for somebody eligible (B17, EL-2)', () => {
  expect(elect('online', ['', -1, [], [], [1], [0, 1, 2], -1], { ...ELR, electsLastKnownLeader: false })).toEqual({ leader: -1, isUnclean: false });
});

test('electsFencedLastKnownLeader (KAFKA-19522, B17): the last known leader is elected though it is fenced (EL-2)', () => {
  expect(elect('online', ['', -1, [], [], [1], [0, 2], 1], { ...ELR, electsFencedLastKnownLeader: true })).toEqual({ leader: 1, isUnclean: true });
});
