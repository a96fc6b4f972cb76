/** @module What a consumer counts, under the names of Kafka's consumer-fetch-manager-metrics (§8). */

export interface ConsumerMetrics {
  /** Fetch requests sent. */
  'fetch-total': number;
  /** Records handed to the application. */
  'records-consumed-total': number;
  /** Bytes of records fetched. */
  'bytes-consumed-total': number;
}

export function zeroMetrics(): ConsumerMetrics {
  return { 'fetch-total': 0, 'records-consumed-total': 0, 'bytes-consumed-total': 0 };
}
