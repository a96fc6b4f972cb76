/** @module The administrator of a schedule: asks for what its steps say, when they say so, and again while nobody can grant it. */
import { Admin } from '../../actors/admin/admin.ts';
import type { PartitionDescription } from '../../actors/admin/admin-types.ts';
import { ADMIN_CONFIG } from '../../actors/config/admin-config.ts';
import { parseConfig } from '../../actors/config/config-definition.ts';
import type { Observation } from '../../actors/observation.ts';
import { KafkaError } from '../../actors/protocol/errors.ts';
import { SECOND } from '../../runtime/index.ts';
import type { Actor, ActorContext, Micros, Task } from '../../runtime/index.ts';
import type { AdminAction, ReplicaRole } from '../faults/administration.ts';

export interface AdministratorOptions {
  /** Names of brokers' actors. */
  readonly bootstrap: readonly string[];
  /** Ids of all brokers. */
  readonly brokers: readonly number[];
  readonly actions: readonly AdminAction[];
  /** What was not granted by then is given up. */
  readonly until: Micros;
}

const RETRY_US = SECOND;

export function administrator(options: AdministratorOptions): Actor {
  return {
    name: 'administrator',
    start(context) {
      const admin = new Admin(context, { clientId: context.name, bootstrapServers: options.bootstrap, config: parseConfig(ADMIN_CONFIG, {}) });
      for (const action of options.actions) if (action.at >= context.now) context.spawn(perform(context, admin, action, options));
    },
  };
}

function* perform(context: ActorContext, admin: Admin, action: AdminAction, options: AdministratorOptions): Task {
  yield* context.sleep(action.at - context.now);
  do {
    try {
      if (yield* isGranted(context, admin, action, options)) return;
    } catch (error) {
      // Nobody could be asked, or the answer was lost.
      if (!(error instanceof KafkaError)) throw error;
    }
    yield* context.sleep(RETRY_US);
  } while (context.now < options.until || action.kind === 'alter-config');
}

/** Whether what was asked for is done, or begun; if not, it may be asked for again. */
function* isGranted(context: ActorContext, admin: Admin, action: AdminAction, options: AdministratorOptions): Task<boolean> {
  switch (action.kind) {
    case 'elect-leaders':
      // Of each partition it is said why it was not possible; that is no reason to insist.
      yield* admin.electLeaders(action.type, action.partitions);
      return true;
    case 'alter-config':
      return (yield* admin.incrementalAlterConfigs({ type: 'topic', name: action.topic }, action.ops)).error === 'NONE';
    case 'reassign':
      return yield* reassigns(context, admin, action.role, options.brokers);
  }
}

/** One reassignment of a partition at a time. */
function* reassigns(context: ActorContext, admin: Admin, role: ReplicaRole, brokers: readonly number[]): Task<boolean> {
  const at = { topic: role.topic, partition: role.partition };
  const inProgress = yield* admin.listPartitionReassignments();
  if (inProgress.some(({ topic, partition }) => topic === at.topic && partition === at.partition)) return false;
  const [described] = yield* admin.describeTopics([at.topic]);
  const known = described?.partitions.find(({ partition }) => partition === at.partition);
  const leaving = known && playerOf(role, known);
  if (known === undefined || leaving === undefined) return false;
  const spares = brokers.filter((broker) => !known.replicas.includes(broker));
  if (spares.length === 0) return false;
  const joining = context.random('spares').pick(spares);
  const replicas = known.replicas.map((replica) => (replica === leaving ? joining : replica));
  const [outcome] = yield* admin.alterPartitionReassignments([{ ...at, replicas }]);
  if (outcome?.error !== 'NONE') return false;
  const begun: Observation = { kind: 'reassignment-begun', ...at, replicas };
  context.observe(begun);
  return true;
}

/** The replica that plays the role; undefined: nobody does. */
function playerOf(role: ReplicaRole, { leader, isr, replicas }: PartitionDescription): number | undefined {
  switch (role.kind) {
    case 'leader':
      return leader < 0 ? undefined : leader;
    case 'follower':
      return replicas.find((replica) => replica !== leader && isr.includes(replica));
    case 'replica':
      return replicas[role.replica];
  }
}
