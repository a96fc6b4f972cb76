import { seconds } from '../../runtime/index.ts';
import { consumers, producers } from '../clients.ts';
import { electedWhenSessionEnds, resumesWithin } from '../expectations/elections.ts';
import { losesNothing } from '../expectations/waits.ts';
import { leaderOf } from '../faults/aim.ts';
import { every } from '../faults/step.ts';
import { crash, pause } from '../faults/steps.ts';
import type { Trial } from '../trial.ts';

/** Rows 7.6.1-config and 7.6.2-app, leader election: what happens, and how long until work resumes. */
export default {
  name: 'leader-election',
  rows: ['7.6.1-config', '7.6.2-app', '7.1-durable'],
  says: 'The leader of a partition dies or stands still, again and again: another in-sync replica is elected, clients go on with it, and nothing acknowledged is lost. How long that takes is measured.',
  cluster: { brokers: 3, topics: { orders: { partitions: 3, replicationFactor: 3, config: { 'min.insync.replicas': 2 } } } },
  clients: [producers(2), consumers(1)],
  faults: [every(seconds(60), crash(leaderOf('orders', 0), { for: seconds(14) })), every(seconds(60), pause(leaderOf('orders', 1), { at: seconds(30), for: seconds(14) }))],
  expects: [losesNothing, electedWhenSessionEnds, resumesWithin(seconds(21))],
  durationUs: seconds(120),
} satisfies Trial;
