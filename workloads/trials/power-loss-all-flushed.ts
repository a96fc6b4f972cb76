import { seconds } from '../../runtime/index.ts';
import { consumers, producers } from '../clients.ts';
import { losesNothingSynced } from '../expectations/waits.ts';
import { everyBroker } from '../faults/aim.ts';
import { powerLoss } from '../faults/steps.ts';
import type { Trial } from '../trial.ts';

/** Row 7.3.5-flush, with flush.messages=1; compare power-loss-all. */
export default {
  name: 'power-loss-all-flushed',
  rows: ['7.3.5-flush', '7.1-durable'],
  says: 'Every broker loses power at once, and every append was synced before it was answered (flush.messages=1): nothing acknowledged is lost.',
  cluster: { brokers: 3, topics: { orders: { partitions: 3, replicationFactor: 3, config: { 'min.insync.replicas': 2, 'flush.messages': 1 } } } },
  clients: [producers(2, {}, 100), consumers(1)],
  faults: [powerLoss(everyBroker, { at: seconds(20), for: seconds(5) })],
  expects: [losesNothingSynced],
  durationUs: seconds(60),
} satisfies Trial;
