/** @module Test support: what a run of the quorum may never show (§3.4, W14), checked against everything that was observed. */
import type { Observed } from './quorum.ts';

/** One batch of a voter's log. */
interface Entry {
  readonly lastOffset: number;
  readonly epoch: number;
  readonly checksum: number;
}

/** Each violation is a sentence; none: all held. */
export function violations(observed: readonly Observed[]): string[] {
  const found: string[] = [];
  const leaders = new Map<number, number>();
  const logs = new Map<number, Entry[]>();
  const highWatermarks = new Map<number, number>();
  const epochs = new Map<number, number>();
  /** What was committed: batches in their order. */
  const committed: Entry[] = [];
  const logOf = (node: number): Entry[] => logs.get(node) ?? [];
  const say = (at: Observed, problem: string): number => found.push(`${at.time} ${at.actor}: ${problem}`);

  for (const one of observed) {
    switch (one.kind) {
      case 'raft-leader-elected': {
        const other = leaders.get(one.epoch);
        if (other !== undefined) say(one, `two leaders in epoch ${one.epoch}: ${other} and ${one.node}`);
        leaders.set(one.epoch, one.node);
        const has = logOf(one.node);
        if (committed.some((entry, i) => !isSame(entry, has[i]))) say(one, `elected in epoch ${one.epoch} without all that is committed`);
        break;
      }
      case 'raft-opened':
        // A loss of power may have brought back what was cut off, or taken what was appended.
        logs.set(one.node, [...logOf(one.node).filter(({ lastOffset }) => lastOffset < one.recoveredFrom), ...entriesOf(one)]);
        if (endOf(logOf(one.node)) !== one.logEndOffset) say(one, `opened a log that ends at ${one.logEndOffset}, not ${endOf(logOf(one.node))}`);
        highWatermarks.set(one.node, 0);
        break;
      case 'raft-appended':
        if (endOf(logOf(one.node)) !== one.baseOffset) say(one, `appended at ${one.baseOffset} to a log that ends at ${endOf(logOf(one.node))}`);
        logs.set(one.node, [...logOf(one.node), ...entriesOf(one)]);
        break;
      case 'raft-truncated':
        if (one.toOffset < (highWatermarks.get(one.node) ?? 0)) say(one, `truncated to ${one.toOffset}, below its high watermark`);
        logs.set(one.node, logOf(one.node).filter(({ lastOffset }) => lastOffset < one.toOffset));
        break;
      case 'raft-snapshot-loaded':
        if (!committed.some(({ lastOffset, epoch }) => lastOffset === one.endOffset - 1 && epoch === one.snapshotEpoch)) say(one, `loaded a snapshot ${one.endOffset}-${one.snapshotEpoch} of what is not committed`);
        if (leaders.get(one.epoch) === one.node) say(one, `leads epoch ${one.epoch} and loaded a snapshot`);
        logs.set(one.node, committed.filter(({ lastOffset }) => lastOffset < one.endOffset));
        highWatermarks.set(one.node, one.endOffset);
        break;
      case 'raft-high-watermark': {
        if (one.highWatermark <= (highWatermarks.get(one.node) ?? 0)) say(one, `high watermark back to ${one.highWatermark}`);
        highWatermarks.set(one.node, one.highWatermark);
        const below = logOf(one.node).filter(({ lastOffset }) => lastOffset < one.highWatermark);
        if (below.some((entry, i) => committed[i] !== undefined && !isSame(committed[i], entry))) say(one, `other records below the high watermark ${one.highWatermark} than somewhere else`);
        committed.push(...below.slice(committed.length));
        break;
      }
      default:
        break;
    }
    if (one.kind.startsWith('raft-') && 'epoch' in one && 'node' in one) {
      if (one.epoch < (epochs.get(one.node) ?? 0)) say(one, `epoch back to ${one.epoch}`);
      epochs.set(one.node, one.epoch);
    }
  }
  return found;
}

function entriesOf({ lastOffsets, epochs, checksums }: { readonly lastOffsets: readonly number[]; readonly epochs: readonly number[]; readonly checksums: readonly number[] }): Entry[] {
  return lastOffsets.map((lastOffset, i) => ({ lastOffset, epoch: epochs[i]!, checksum: checksums[i]! }));
}

function endOf(log: readonly Entry[]): number {
  return (log.at(-1)?.lastOffset ?? -1) + 1;
}

function isSame(a: Entry, b: Entry | undefined): boolean {
  return a.lastOffset === b?.lastOffset && a.epoch === b.epoch && a.checksum === b.checksum;
}
