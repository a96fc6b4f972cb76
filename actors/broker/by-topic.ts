/** @module Requests of Kafka nest partitions inside topics; what a broker holds is flat. */

/** Groups by topic: topics in the order in which they first come, items in theirs. */
export function byTopic<T>(items: Iterable<T>, topicOf: (item: T) => string): [topic: string, items: T[]][] {
  const topics = new Map<string, T[]>();
  for (const item of items) {
    const topic = topicOf(item);
    const known = topics.get(topic);
    if (known === undefined) topics.set(topic, [item]);
    else known.push(item);
  }
  return [...topics];
}
