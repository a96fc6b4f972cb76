/**
 * @module
 * A balancer, as large clusters have one: now and then it puts the replicas of a partition in another order and has the preferred leader elected. Leadership moves, and
 * nobody leaves the in-sync set.
 */
import { Admin } from '../../actors/admin/admin.ts';
import { ADMIN_CONFIG } from '../../actors/config/admin-config.ts';
import { parseConfig } from '../../actors/config/config-definition.ts';
import { KafkaError } from '../../actors/protocol/errors.ts';
import type { Actor, ActorContext, Micros, Task } from '../../runtime/index.ts';

export interface BalancerOptions {
  /** Names of brokers' actors. */
  readonly bootstrap: readonly string[];
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[];
  /** Mean time between two moves. */
  readonly meanIntervalUs: Micros;
  readonly from: Micros;
  readonly until: Micros;
}

export function balancer(options: BalancerOptions): Actor {
  return {
    name: 'balancer',
    start(context) {
      context.spawn(run(context, options));
    },
  };
}

function* run(context: ActorContext, { bootstrap, partitions, meanIntervalUs, from, until }: BalancerOptions): Task {
  const admin = new Admin(context, { clientId: context.name, bootstrapServers: bootstrap, config: parseConfig(ADMIN_CONFIG, {}) });
  const random = context.random('moves');
  yield* context.sleep(Math.max(0, from - context.now));
  while (context.now < until) {
    const at = random.pick(partitions);
    const turn = random.between(1, 2 ** 16);
    try {
      yield* move(admin, at, turn);
    } catch (error) {
      // Nobody could be asked, or the answer was lost: then there is the next move.
      if (!(error instanceof KafkaError)) throw error;
    }
    yield* context.sleep(1 + random.exponential(meanIntervalUs));
  }
  admin.close();
}

/** The replicas stand as before, but begin with another one of those in sync. */
function* move(admin: Admin, at: BalancerOptions['partitions'][number], turn: number): Task {
  const [described] = yield* admin.describeTopics([at.topic]);
  const known = described?.partitions.find(({ partition }) => partition === at.partition);
  if (known === undefined) return;
  const candidates = known.isr.filter((replica) => replica !== known.leader);
  if (candidates.length === 0) return;
  const next = candidates[turn % candidates.length]!;
  yield* admin.alterPartitionReassignments([{ ...at, replicas: [next, ...known.replicas.filter((replica) => replica !== next)] }]);
  yield* admin.electLeaders('preferred', [at]);
}
