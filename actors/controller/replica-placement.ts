/**
 * @module
 * Where the replicas of a new topic go where no broker names a rack: dealt out over the brokers, leaders evenly, followers shifted so that pairs mix (Kafka's rack-unaware
 * placement, which KRaft gave up for that of `striped-placement.ts` with one rack). It begins at the first broker and not at a random one, so that a reader knows who leads.
 */

/** Brokers of each partition, the preferred leader first. The first partition starts at the first broker. */
export function assignReplicas(brokers: readonly number[], partitions: number, replicationFactor: number): readonly (readonly number[])[] {
  const count = brokers.length;
  return Array.from({ length: partitions }, (_, partition) => {
    const first = partition % count;
    const shift = Math.floor(partition / count);
    return Array.from({ length: replicationFactor }, (_unused, replica) => {
      if (replica === 0) return brokers[first]!;
      const distance = 1 + ((shift + replica - 1) % (count - 1));
      return brokers[(first + distance) % count]!;
    });
  });
}

/** What is wrong with brokers that somebody has chosen for a partition; undefined: nothing. */
export function assignmentProblem(replicas: readonly number[], registered: ReadonlyMap<number, unknown>): string | undefined {
  if (replicas.length === 0) return 'A partition needs at least one replica.';
  if (new Set(replicas).size < replicas.length) return `A broker can have one replica of a partition, not several: ${replicas.join(', ')}.`;
  const unknown = replicas.find((replica) => !registered.has(replica));
  return unknown === undefined ? undefined : `Broker ${unknown} is not registered.`;
}
