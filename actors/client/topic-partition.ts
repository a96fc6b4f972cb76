/** @module A partition by name and number, as clients speak of it. */

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** As Kafka writes it: `orders-4`. */
export function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
