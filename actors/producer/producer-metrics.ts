/** @module What a producer counts, under the names of Kafka's producer-metrics (§8). */

export interface ProducerMetrics {
  /** Records sent in requests; again with every retry. */
  'record-send-total': number;
  /** Records that failed. */
  'record-error-total': number;
  /** Records sent again. */
  'record-retry-total': number;
  /** Produce requests sent, and answered. */
  'request-total': number;
  'response-total': number;
  /** Batches split because a broker found them too large. */
  'batch-split-total': number;
  /** Times that send() gave up because no buffer memory came free. */
  'buffer-exhausted-total': number;
}

export function zeroMetrics(): ProducerMetrics {
  return {
    'record-send-total': 0,
    'record-error-total': 0,
    'record-retry-total': 0,
    'request-total': 0,
    'response-total': 0,
    'batch-split-total': 0,
    'buffer-exhausted-total': 0,
  };
}
