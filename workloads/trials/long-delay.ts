import { milliseconds, seconds } from '../../runtime/index.ts';
import { consumers, producers } from '../clients.ts';
import { anyBroker } from '../faults/aim.ts';
import { every } from '../faults/step.ts';
import { delayed } from '../faults/steps.ts';
import type { Trial } from '../trial.ts';

/** Row 7.6.2-app, a long delay between client and broker. */
export default {
  name: 'long-delay',
  rows: ['7.6.2-app', '7.1-order', '7.1-durable'],
  says: 'Everything between clients and one broker takes 1.5 s longer each way: acknowledgements are late, none is wrong, and each record is read once and in order.',
  cluster: { brokers: 3, topics: { orders: { partitions: 6, replicationFactor: 3, config: { 'min.insync.replicas': 2 } } } },
  clients: [producers(2), consumers(1)],
  faults: [every(seconds(40), delayed(anyBroker, 'clients', milliseconds(1_500), { for: seconds(20) }))],
  durationUs: seconds(100),
} satisfies Trial;
