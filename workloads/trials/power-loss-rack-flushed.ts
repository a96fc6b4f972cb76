import { seconds } from '../../runtime/index.ts';
import { consumers, producers } from '../clients.ts';
import { losesNothingSynced } from '../expectations/waits.ts';
import { anyRack } from '../faults/aim.ts';
import { every } from '../faults/step.ts';
import { powerLoss } from '../faults/steps.ts';
import type { Trial } from '../trial.ts';

/** Row 7.3.5-flush, with flush.messages=1; compare power-loss-rack: belt and braces. */
export default {
  name: 'power-loss-rack-flushed',
  rows: ['7.3.5-flush', '7.3.1-rf', '7.1-durable'],
  says: 'A whole rack loses power, again and again, and every append was synced before it was answered: nothing is lost, and replicas come back with all they had.',
  cluster: { brokers: 6, racks: 3, topics: { orders: { partitions: 6, replicationFactor: 3, config: { 'min.insync.replicas': 2, 'flush.messages': 1 } } } },
  clients: [producers(2, {}, 50), consumers(1)],
  faults: [every(seconds(45), powerLoss(anyRack, { for: seconds(12) }))],
  expects: [losesNothingSynced],
  durationUs: seconds(90),
} satisfies Trial;
