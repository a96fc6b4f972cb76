import { describe, expect, it } from 'vitest';
import type { Observation } from '../../actors/observation.ts';
import { inShort, verdictOf } from '../testing/trace.ts';
import type { Case, Step } from '../testing/trace.ts';
import { createRaftChecker } from './raft.ts';

type Entry = readonly [offset: number, epoch: number, content?: number];
const batches = (entries: readonly Entry[]) => ({ lastOffsets: entries.map(([offset]) => offset), epochs: entries.map(([, epoch]) => epoch), checksums: entries.map(([offset, epoch, content]) => content ?? 1_000 * epoch + offset) });
const controller = (node: number, observation: Observation): Step => ({ actor: `controller-${node}`, event: { type: 'observed', observation } });

const opened = (node: number, epoch: number, ...entries: readonly Entry[]): Step => controller(node, { kind: 'raft-opened', node, epoch, logEndOffset: (entries.at(-1)?.[0] ?? -1) + 1, recoveredFrom: 0, ...batches(entries) });
const elected = (node: number, epoch: number, epochStartOffset: number): Step => controller(node, { kind: 'raft-leader-elected', node, epoch, epochStartOffset });
const appended = (node: number, epoch: number, ...entries: readonly [Entry, ...Entry[]]): Step => controller(node, { kind: 'raft-appended', node, epoch, baseOffset: entries[0][0], asLeader: false, ...batches(entries) });
const truncated = (node: number, epoch: number, toOffset: number): Step => controller(node, { kind: 'raft-truncated', node, epoch, toOffset });
const watermark = (node: number, epoch: number, highWatermark: number): Step => controller(node, { kind: 'raft-high-watermark', node, epoch, highWatermark });

const snapshotted = (node: number, epoch: number, endOffset: number, snapshotEpoch: number, checksum = 1): Step => controller(node, { kind: 'raft-snapshot-created', node, epoch, endOffset, snapshotEpoch, bytes: 100, checksum });
const loaded = (node: number, epoch: number, endOffset: number, snapshotEpoch: number): Step => controller(node, { kind: 'raft-snapshot-loaded', node, epoch, endOffset, snapshotEpoch });

const started = [opened(1, 0), opened(2, 0), opened(3, 0)];
/** Controller 1 leads in epoch 1 and has committed offset 0 with controller 2. */
const led = [...started, elected(1, 1, 0), appended(1, 1, [0, 1]), appended(2, 1, [0, 1]), watermark(1, 1, 1), watermark(2, 1, 1)];
const raft = (what: string): string => `raft-${what} (7.6.1-config, safety)`;

const cases: readonly Case[] = [
  { what: 'a clean run', trace: [led, appended(3, 1, [0, 1]), watermark(3, 1, 1)], finds: [] },
  { what: 'a failover', trace: [led, elected(2, 2, 1), appended(2, 2, [1, 2]), appended(3, 2, [0, 1], [1, 2]), watermark(2, 2, 2), watermark(3, 2, 2)], finds: [] },
  { what: 'a deposed leader that cuts off what nobody else has', trace: [led, appended(1, 1, [1, 1]), elected(2, 2, 1), appended(2, 2, [1, 2]), truncated(1, 2, 1), appended(1, 2, [1, 2]), watermark(2, 2, 2)], finds: [] },
  {
    what: 'a deposed leader that hears late what its own epoch had',
    trace: [led, appended(1, 1, [1, 1]), appended(2, 1, [1, 1]), elected(2, 2, 2), appended(2, 2, [2, 2]), appended(3, 2, [0, 1], [1, 1], [2, 2]), watermark(2, 2, 3), watermark(1, 1, 2)],
    finds: [],
  },
  {
    what: 'a deposed leader that commits what its successor does not have',
    trace: [led, appended(1, 1, [1, 1]), elected(2, 2, 1), appended(2, 2, [1, 2]), appended(3, 2, [0, 1], [1, 2]), watermark(2, 2, 2), watermark(1, 1, 2)],
    finds: [raft('commit-without-majority'), raft('committed-diverged')],
  },
  { what: 'two leaders in one epoch', trace: [led, elected(2, 1, 1)], finds: [raft('two-leaders')] },
  { what: 'a voter that was elected and forgot it (B56)', trace: [led, opened(1, 1, [0, 1]), elected(1, 1, 1)], finds: [raft('two-leaders')] },
  { what: 'a leader without what was committed', trace: [led, elected(3, 2, 0)], finds: [raft('leader-incomplete')] },
  { what: 'a leader with something else there', trace: [led, appended(3, 1, [0, 1, 7]), elected(3, 2, 1)], finds: [raft('log-divergence'), raft('leader-incomplete')] },
  { what: 'a leader that commits what it alone has', trace: [...[led], appended(1, 1, [1, 1]), watermark(1, 1, 2)], finds: [raft('commit-without-majority')] },
  {
    what: 'a leader that commits a record of an older epoch by its number of copies (KR-7)',
    trace: [led, appended(1, 1, [1, 1]), elected(2, 2, 1), elected(1, 3, 2), appended(3, 3, [0, 1], [1, 1]), watermark(1, 3, 2)],
    finds: [raft('commit-of-older-epoch')],
  },
  { what: 'a majority that lost what it had acknowledged (B56)', trace: [led, opened(1, 1), opened(2, 1), elected(3, 2, 0), appended(3, 2, [0, 2]), appended(2, 2, [0, 2]), watermark(3, 2, 1)], finds: [raft('leader-incomplete'), raft('committed-diverged')] },
  { what: 'a follower that takes for committed what nobody has committed', trace: [led, appended(2, 1, [1, 1]), watermark(2, 1, 2)], finds: [raft('committed-diverged')] },
  { what: 'a follower that cuts off what is committed (KR-9)', trace: [led, truncated(2, 2, 0)], finds: [raft('committed-diverged')] },
  { what: 'an epoch that falls', trace: [led, elected(2, 2, 1), opened(2, 1, [0, 1])], finds: [raft('epoch-regressed')] },
  { what: 'a high watermark that falls', trace: [led, watermark(1, 1, 0)], finds: [raft('high-watermark-regressed')] },
  { what: 'two controllers that write the same snapshot', trace: [led, snapshotted(1, 1, 1, 1), snapshotted(2, 1, 1, 1)], finds: [] },
  { what: 'a snapshot of the same name with other bytes (KR-4)', trace: [led, snapshotted(1, 1, 1, 1), snapshotted(2, 1, 1, 1, 2)], finds: [raft('snapshot-diverged')] },
  { what: 'a snapshot of what is not committed (KR-4)', trace: [led, appended(1, 1, [1, 1]), snapshotted(1, 1, 2, 1)], finds: [raft('snapshot-diverged')] },
  { what: 'a snapshot that ends in another epoch (KR-4)', trace: [led, snapshotted(1, 1, 1, 2)], finds: [raft('snapshot-diverged')] },
  { what: 'a controller that loads a snapshot, follows and leads', trace: [led, snapshotted(1, 1, 1, 1), loaded(3, 1, 1, 1), appended(3, 1, [1, 1]), elected(3, 2, 2), appended(3, 2, [2, 2]), appended(2, 2, [1, 1], [2, 2]), watermark(3, 2, 3)], finds: [] },
  { what: 'a controller that loads a snapshot over what only it had', trace: [led, appended(3, 1, [0, 9]), loaded(3, 1, 1, 1), elected(3, 10, 1)], finds: [] },
  { what: 'a controller that restarts behind its snapshot', trace: [led, loaded(3, 1, 1, 1), controller(3, { kind: 'raft-opened', node: 3, epoch: 1, logEndOffset: 1, recoveredFrom: 1, ...batches([]) }), elected(3, 2, 1)], finds: [] },
  { what: 'a controller that loads a snapshot of what nobody has committed (KR-4)', trace: [led, loaded(3, 1, 5, 1)], finds: [raft('snapshot-diverged')] },
  { what: 'a high watermark that begins anew after a restart', trace: [led, opened(2, 1, [0, 1]), watermark(2, 1, 1)], finds: [] },
];

describe('raft: one leader in an epoch, one committed log (W14)', () => {
  it.each(cases)('W14: $what: $finds', ({ trace, finds }) => {
    expect(verdictOf(() => createRaftChecker(), trace).map(inShort)).toEqual(finds);
  });
});
