import { describe, expect, it } from 'vitest';
import { booted, deletionAsked, inShort, promises, sent, startsAt, verdictOf, written } from '../testing/trace.ts';
import type { Step } from '../testing/trace.ts';
import type { Promises, Retention } from './checker.ts';
import { createDeletionChecker } from './deletions.ts';

const TOO_MUCH = 'deleted-too-much (7.1-durable, safety)';
const two = [booted, written('p1-0', 0), written('p1-1', 1)].flat();
/** Clocks may differ by a minute: what was sent in the first second is too old for certain, or for certain not. */
const promised = (retention: Partial<Retention>): Promises => ({ ...promises, topics: { orders: { ...promises.topics['orders']!, retention: { ...promises.topics['orders']!.retention, ...retention } } } });

describe('deletions: nothing goes that was to be kept (RT-1, RT-2)', () => {
  it.each<{ readonly what: string; readonly trace: readonly (Step | readonly Step[])[]; readonly retention?: Partial<Retention>; readonly finds: readonly string[] }>([
    { what: 'everything is to be kept', trace: [two, startsAt(1, 1)], finds: [TOO_MUCH] },
    { what: 'everything younger than a week is to be kept', trace: [two, startsAt(1, 1)], retention: { us: 604_800_000_000 }, finds: [TOO_MUCH] },
    { what: 'what is older than a millisecond may go', trace: [two, startsAt(1, 1)], retention: { us: 1_000 }, finds: [] },
    { what: 'what remains is as large as is to be kept', trace: [two, startsAt(1, 1)], retention: { bytes: 200 }, finds: [] },
    { what: 'what remains is less than is to be kept', trace: [two, startsAt(1, 1)], retention: { bytes: 201 }, finds: [TOO_MUCH] },
    { what: 'nothing is deleted by age in a log that is compacted only', trace: [two, startsAt(1, 1)], retention: { us: 1_000, isDeleted: false }, finds: [TOO_MUCH] },
    { what: 'the same, by three replicas: said once', trace: [two, startsAt(1, 1), startsAt(2, 1), startsAt(3, 1, 'leader')], finds: [TOO_MUCH] },
    { what: 'a client asked for it', trace: [two, deletionAsked(1), startsAt(1, 1, 'delete-records'), startsAt(2, 1, 'leader')], finds: [] },
    { what: 'a client asked for everything that is committed', trace: [two, deletionAsked(-1), startsAt(1, 2, 'delete-records')], finds: [] },
    { what: 'a client asked for less', trace: [two, deletionAsked(1), startsAt(1, 2, 'delete-records')], finds: [TOO_MUCH] },
    { what: 'nobody asked for it', trace: [two, startsAt(1, 1, 'delete-records')], finds: [TOO_MUCH] },
    { what: 'a follower deletes more than its leader', trace: [two, deletionAsked(1), startsAt(1, 1, 'delete-records'), startsAt(2, 2, 'leader')], finds: [TOO_MUCH] },
    { what: 'a follower begins anew where its leader does', trace: [two, startsAt(3, 9, 'truncated-fully')], finds: [] },
    { what: 'a record of which nobody knows yet', trace: [booted, sent('p1-0'), startsAt(1, 1)], retention: { us: 604_800_000_000 }, finds: [] },
  ])('$what: $finds', ({ trace, retention = {}, finds }) => {
    expect(verdictOf(createDeletionChecker, trace, undefined, promised(retention)).map(inShort)).toEqual(finds);
  });
});
