import { describe, expect, it } from 'vitest';
import { applied, changed, inShort, restarted, verdictOf } from '../testing/trace.ts';
import type { Case } from '../testing/trace.ts';
import { createMetadataChecker } from './metadata.ts';

const REGRESSED = 'metadata-epoch-regressed (7.6.1-config, safety)';
const INVALID = 'isr-invalid (7.2-isr, safety)';
const UNDECLARED = 'undeclared-unclean-election (7.3.2-unclean, safety)';

const first = changed({ leader: 1, leaderEpoch: 5, partitionEpoch: 10, metadataOffset: 100 });
const next = (told: Parameters<typeof changed>[0]) => changed({ leaderEpoch: 5, partitionEpoch: 11, metadataOffset: 101, ...told });

const cases: readonly Case[] = [
  { what: 'W6: epochs that rise', trace: [first, next({ isr: [1, 2] }), next({ leader: 2, leaderEpoch: 6, partitionEpoch: 12, metadataOffset: 102 })], finds: [] },
  { what: 'W6: told again by a controller that takes over', trace: [first, changed({ leader: 1, leaderEpoch: 5, partitionEpoch: 10, metadataOffset: 150 })], finds: [] },
  { what: 'W6: told late by a controller that was deposed', trace: [first, next({ isr: [1, 2] }), first], finds: [] },
  { what: 'W6: a leader epoch that goes back', trace: [first, next({ leaderEpoch: 4 })], finds: [REGRESSED] },
  { what: 'W6: a partition epoch that goes back', trace: [first, next({ partitionEpoch: 9 })], finds: [REGRESSED] },
  { what: 'W6: another leader in the same leader epoch (EL-4)', trace: [first, next({ leader: 2 })], finds: [REGRESSED] },
  { what: 'W6: another in-sync set in the same partition epoch (EL-4)', trace: [first, next({ isr: [1, 2], partitionEpoch: 10 })], finds: [REGRESSED] },
  { what: 'W6: a broker that takes over what is newer', trace: [applied(2, 1, 5, 10), applied(2, 1, 5, 11), applied(2, 3, 6, 12)], finds: [] },
  { what: 'W6: a broker that takes over an older leader epoch (ML-2)', trace: [applied(2, 1, 5, 10), applied(2, 1, 4, 11)], finds: [REGRESSED] },
  { what: 'W6: a broker that takes over an older partition epoch (ML-1)', trace: [applied(2, 1, 5, 11), applied(2, 1, 5, 10)], finds: [REGRESSED] },
  { what: 'W6: a broker that starts again with what it finds', trace: [applied(2, 1, 5, 11), restarted('broker-2'), applied(2, 1, 5, 10)], finds: [] },

  { what: 'W7: a stranger in the in-sync set', trace: [first, next({ isr: [1, 4] })], finds: [INVALID] },
  { what: 'W7: a leader that is not in sync', trace: [first, next({ leader: 1, isr: [2, 3] })], finds: [INVALID] },
  { what: 'W7: nobody leads', trace: [first, next({ leader: -1, leaderEpoch: 6, isr: [1] })], finds: [] },
  { what: 'W7: in sync and eligible at once', trace: [first, next({ isr: [1], elr: [1] })], finds: [INVALID] },
  { what: 'W7: eligible while min.insync.replicas are in sync', trace: [first, next({ isr: [1, 2], elr: [3] })], finds: [INVALID] },
  { what: 'W7: eligible while fewer are', trace: [first, next({ isr: [1], elr: [2, 3] })], finds: [] },

  { what: 'EL-1: a leader from the in-sync set', trace: [first, next({ leader: 2, leaderEpoch: 6, isr: [2, 3] })], finds: [] },
  { what: 'EL-1: a leader from the eligible leader replicas', trace: [changed({ leader: -1, isr: [], elr: [2], partitionEpoch: 10, metadataOffset: 100 }), next({ leader: 2, leaderEpoch: 6, isr: [2] })], finds: [] },
  { what: 'EL-1: a leader from outside', trace: [changed({ isr: [1], partitionEpoch: 10, metadataOffset: 100 }), next({ leader: 2, leaderEpoch: 6, isr: [2] })], finds: [UNDECLARED] },
  { what: 'EL-1: a leader from outside, and it is called unclean', trace: [changed({ isr: [1], partitionEpoch: 10, metadataOffset: 100 }), next({ leader: 2, leaderEpoch: 6, isr: [2], isUnclean: true })], finds: [] },
  { what: 'EL-1: what was before is not known', trace: [changed({ isr: [1], partitionEpoch: 9, metadataOffset: 100 }), next({ leader: 2, leaderEpoch: 6, isr: [2] })], finds: [] },
];

describe('metadata: epochs rise (W6), in-sync sets are possible ones (W7)', () => {
  it.each(cases)('$what: $finds', ({ trace, finds }) => {
    expect(verdictOf((_, promises) => createMetadataChecker(promises), trace).map(inShort)).toEqual(finds);
  });
});
