import { describe, expect, test } from 'vitest';
import { RECOVERED, RECOVERING } from '../metadata/metadata-record.ts';
import type { PartitionRegistration } from '../metadata/metadata-image.ts';
import { PROTOCOLS } from '../protocols.ts';
import type { ProtocolVariant } from '../protocol-variant.ts';
import { active, partition } from '../testing/partition.ts';
import { changePartition, isUncleanElection } from './partition-change.ts';
import type { PartitionTarget } from './partition-change.ts';

const at = { topic: 'orders', partition: 0 };
const { variant: ELR } = PROTOCOLS['4.2']!;
const NO_ELR: ProtocolVariant = { ...ELR, eligibleLeaderReplicas: false };

/** The fields of the change record; undefined: no record. */
function change(before: PartitionRegistration, target: PartitionTarget, alive: readonly number[], variant: ProtocolVariant, minInsyncReplicas = 2): object | undefined {
  const record = changePartition(at, before, target, { isActive: active(...alive), minInsyncReplicas, variant });
  if (record === undefined) return undefined;
  const { type, topic, partition: index, ...fields } = record;
  expect([type, topic, index]).toEqual(['PartitionChange', 'orders', 0]);
  return fields;
}

type Row = readonly [what: string, before: Partial<PartitionRegistration>, target: PartitionTarget, alive: readonly number[], fields: object | undefined];

describe('with and without eligible leader replicas alike', () => {
  const rows: readonly Row[] = [
    ['what is already so is not written', { isr: [0, 1, 2] }, { isr: [0, 1, 2] }, [0, 1, 2], undefined],
    ['the leader leaves the in-sync set: the next leads (EL-3, EL-7)', {}, { isr: [1, 2] }, [1, 2], { isr: [1, 2], leader: 1 }],
    ['a follower leaves: the leader field is absent, so that the leader epoch stays (EL-4)', {}, { isr: [0, 1] }, [0, 1], { isr: [0, 1] }],
    ['a follower joins (AP-2)', { isr: [0, 1] }, { isr: [0, 1, 2] }, [0, 1, 2], { isr: [0, 1, 2] }],
    ['the leader has recovered (AP-1, ML-1)', { isr: [0, 1], leaderRecoveryState: RECOVERING }, { isr: [0, 1], leaderRecoveryState: RECOVERED }, [0, 1], { leaderRecoveryState: RECOVERED }],
    ['the first replica takes over (EL-2)', { leader: 2 }, { election: 'preferred' }, [0, 1, 2], { leader: 0 }],
    ['nobody in sync is there, whoever is leads: unclean (EL-2, EL-3)', { leader: -1, isr: [0] }, { election: 'unclean' }, [1, 2], { isr: [1], leader: 1, leaderRecoveryState: RECOVERING }],
    ['a recovery that has begun is not begun again (EL-3)', { leader: -1, isr: [0], leaderRecoveryState: RECOVERING }, { election: 'unclean' }, [1], { isr: [1], leader: 1 }],
    ['replicas are added (EL-14)', { replicas: [0, 1], isr: [0, 1] }, { replicas: [2, 3, 0, 1], addingReplicas: [2, 3], removingReplicas: [0, 1] }, [0, 1, 2, 3], { replicas: [2, 3, 0, 1], addingReplicas: [2, 3], removingReplicas: [0, 1] }],
    ['all that stay are in sync: the others go, and another leads (EL-14)', { replicas: [2, 3, 0, 1], isr: [0, 1, 2], addingReplicas: [2, 3], removingReplicas: [0, 1] }, { isr: [0, 1, 2, 3] }, [0, 1, 2, 3], { replicas: [2, 3], isr: [2, 3], addingReplicas: [], removingReplicas: [], leader: 2 }],
    ['a replica that does not lead is removed: the leader epoch rises all the same (EL-4, EL-14)', {}, { replicas: [0, 1, 2], removingReplicas: [2] }, [0, 1, 2], { replicas: [0, 1], isr: [0, 1], leader: 0 }],
    ['replicas are only put in another order (EL-14)', {}, { replicas: [1, 0, 2] }, [0, 1, 2], { replicas: [1, 0, 2] }],
  ];
  test.each(rows)('%s', (_, before, target, alive, fields) => {
    expect(change(partition(before), target, alive, ELR)).toEqual(fields);
    expect(change(partition(before), target, alive, NO_ELR)).toEqual(fields);
  });
});

describe('eligible leader replicas, min.insync.replicas=2 (EL-6)', () => {
  const rows: readonly Row[] = [
    ['enough are in sync: nobody need be eligible', {}, { isr: [0, 1] }, [0, 1], { isr: [0, 1] }],
    ['too few: who leaves is eligible', { isr: [0, 1] }, { isr: [0] }, [0], { isr: [0], elr: [1] }],
    ['two leave at once', {}, { isr: [0] }, [0], { isr: [0], elr: [1, 2] }],
    ['the last one goes: nobody is in sync, all are eligible, the last leader is known', { isr: [0], elr: [1] }, { isr: [] }, [], { isr: [], elr: [1, 0], leader: -1, lastKnownElr: [0] }],
    ['the last one goes while an eligible one is there: it leads, and is in sync alone (EL-3)', { isr: [0], elr: [1] }, { isr: [] }, [1, 2], { isr: [1], elr: [0], leader: 1 }],
    ['an eligible one returns: it leads (EL-3, EL-8)', { leader: -1, isr: [], elr: [1, 0], lastKnownElr: [0] }, {}, [1], { isr: [1], elr: [0], leader: 1, lastKnownElr: [] }],
    ['one that is not eligible returns: nobody leads (EL-8)', { leader: -1, isr: [], elr: [1, 0], lastKnownElr: [0] }, {}, [2], undefined],
    ['enough are in sync again: nobody is eligible', { isr: [0], elr: [1, 2] }, { isr: [0, 2] }, [0, 2], { isr: [0, 2], elr: [] }],
    ['an unclean shutdown while in sync: neither in sync nor eligible (EL-10)', { isr: [0, 1] }, { isr: [0], uncleanShutdown: 1 }, [0], { isr: [0] }],
    ['an unclean shutdown while eligible (EL-10)', { isr: [0], elr: [1, 2] }, { isr: [0], uncleanShutdown: 1 }, [0], { elr: [2] }],
    ['an unclean shutdown of the last one: only the last leader is known (B17)', { isr: [0] }, { isr: [], uncleanShutdown: 0 }, [], { isr: [], leader: -1, lastKnownElr: [0] }],
    ['the last known leader is back: it leads, unclean (EL-2)', { leader: -1, isr: [], lastKnownElr: [0] }, {}, [0], { isr: [0], lastKnownElr: [], leader: 0, leaderRecoveryState: RECOVERING }],
    ['an unclean election ends all eligibility (EL-3)', { leader: -1, isr: [], elr: [1], lastKnownElr: [0] }, { election: 'unclean' }, [2], { isr: [2], elr: [], lastKnownElr: [], leader: 2, leaderRecoveryState: RECOVERING }],
    ['the last known leader stays known while nobody leads', { leader: -1, isr: [], elr: [1], lastKnownElr: [0] }, { uncleanShutdown: 1 }, [], { elr: [] }],
  ];
  test.each(rows)('%s', (_, before, target, alive, fields) => {
    expect(change(partition(before), target, alive, ELR)).toEqual(fields);
  });

  test('a replica that leaves the assignment is not eligible any more (EL-14)', () => {
    const before = partition({ replicas: [0, 1, 2], isr: [0], elr: [1, 2], removingReplicas: [1, 2] });
    expect(change(before, {}, [0], ELR)).toMatchObject({ replicas: [0], elr: [] });
  });

  test('min.insync.replicas cannot be more than there are replicas', () => {
    expect(change(partition({ replicas: [0], isr: [0] }), { isr: [] }, [], ELR, 3)).toEqual({ isr: [], elr: [0], leader: -1, lastKnownElr: [0] });
    expect(change(partition({ replicas: [0, 1], isr: [0], elr: [1] }), { isr: [0, 1] }, [0, 1], ELR, 3)).toEqual({ isr: [0, 1], elr: [] });
  });
});

describe('without eligible leader replicas (EL-5, B16)', () => {
  test.each<Row>([
    ['the last replica standing stays in sync, and nobody leads', { leader: 2, isr: [2] }, { isr: [] }, [0, 1], { leader: -1 }],
    ['it returns, whatever it has lost: it leads', { leader: -1, isr: [2] }, {}, [2], { leader: 2 }],
    ['too few are in sync: nobody is eligible', { isr: [0, 1] }, { isr: [0] }, [0], { isr: [0] }],
    ['an unclean shutdown is not known of', { isr: [0, 1] }, { isr: [0], uncleanShutdown: 1 }, [0], { isr: [0] }],
  ])('%s', (_, before, target, alive, fields) => {
    expect(change(partition(before), target, alive, NO_ELR)).toEqual(fields);
  });
});

test('bumpsLeaderEpochOnShrink (before 3.6, KAFKA-15021): a shrink names the leader, so that its epoch rises; an expansion does not (EL-4)', () => {
  const variant = { ...ELR, bumpsLeaderEpochOnShrink: true };
  expect(change(partition(), { isr: [0, 1] }, [0, 1], variant)).toEqual({ isr: [0, 1], leader: 0 });
  expect(change(partition({ isr: [0, 1] }), { isr: [0, 1, 2] }, [0, 1, 2], variant)).toEqual({ isr: [0, 1, 2] });
});

test.each([
  ['of somebody in sync', { isr: [0, 1] }, { leader: 1 }, false],
  ['of an eligible replica', { isr: [], elr: [1] }, { leader: 1 }, false],
  ['of somebody else', { isr: [0], elr: [2] }, { leader: 1 }, true],
  ['of nobody', { isr: [0] }, { leader: -1 }, false],
  ['that did not take place', { isr: [0] }, {}, false],
] as const)('an election %s is told as what it is (EL-3)', (_, before, record, isUnclean) => {
  expect(isUncleanElection(partition(before), record)).toBe(isUnclean);
});
