import { seconds } from '../../runtime/index.ts';
import { consumers, producers } from '../clients.ts';
import { losesNothing } from '../expectations/waits.ts';
import { anyBroker } from '../faults/aim.ts';
import { every } from '../faults/step.ts';
import { isolate } from '../faults/steps.ts';
import type { Trial } from '../trial.ts';

/** Row 7.6.2-app, the client loses the connection to one broker. */
export default {
  name: 'client-loses-broker',
  rows: ['7.6.2-app', '7.1-order', '7.1-durable'],
  says: 'Clients cannot reach one broker, which the cluster reaches well and lets lead: what it leads waits, everything else goes on, nothing acknowledged is lost.',
  cluster: { brokers: 3, topics: { orders: { partitions: 6, replicationFactor: 3, config: { 'min.insync.replicas': 2 } } } },
  clients: [producers(2), consumers(1)],
  faults: [every(seconds(35), isolate(anyBroker, 'clients', { for: seconds(12) }))],
  expects: [losesNothing],
  durationUs: seconds(100),
} satisfies Trial;
