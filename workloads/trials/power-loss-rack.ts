import { seconds } from '../../runtime/index.ts';
import { consumers, producers } from '../clients.ts';
import { losesNothing } from '../expectations/waits.ts';
import { anyRack } from '../faults/aim.ts';
import { every } from '../faults/step.ts';
import { powerLoss } from '../faults/steps.ts';
import type { Trial } from '../trial.ts';

/** Row 7.3.5-flush: why replicas stand in different racks (B15). */
export default {
  name: 'power-loss-rack',
  rows: ['7.3.5-flush', '7.3.1-rf', '7.1-durable'],
  says: 'A whole rack loses power, again and again. With the three replicas of each partition in three racks nothing acknowledged is lost, though nothing is flushed.',
  cluster: { brokers: 6, racks: 3, topics: { orders: { partitions: 6, replicationFactor: 3, config: { 'min.insync.replicas': 2 } } } },
  clients: [producers(2, {}, 50), consumers(1)],
  faults: [every(seconds(45), powerLoss(anyRack, { for: seconds(12) }))],
  expects: [losesNothing],
  durationUs: seconds(90),
} satisfies Trial;
