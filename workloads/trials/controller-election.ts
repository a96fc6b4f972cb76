import { seconds } from '../../runtime/index.ts';
import { consumers, producers } from '../clients.ts';
import { controllerFailsOver } from '../expectations/elections.ts';
import { nobodyWaitsLongerThan } from '../expectations/waits.ts';
import { activeController } from '../faults/aim.ts';
import { every } from '../faults/step.ts';
import { crash, pause } from '../faults/steps.ts';
import type { Trial } from '../trial.ts';

/** Row 7.6.1-config, controller election: the clients of a healthy cluster do not notice. */
export default {
  name: 'controller-election',
  rows: ['7.6.1-config', '7.1-durable'],
  says: 'The active controller dies or stands still, again and again: the quorum elects another one, brokers find it before their sessions end, and clients notice nothing.',
  cluster: { brokers: 3, controllers: 3, topics: { orders: { partitions: 3, replicationFactor: 3, config: { 'min.insync.replicas': 2 } } } },
  clients: [producers(2), consumers(1)],
  faults: [every(seconds(50), crash(activeController, { for: seconds(12) })), every(seconds(50), pause(activeController, { at: seconds(25), for: seconds(12) }))],
  expects: [controllerFailsOver, nobodyWaitsLongerThan(seconds(1))],
  durationUs: seconds(100),
} satisfies Trial;
