/** @module Whoever runs the cluster: makes the topics as soon as all brokers are there. */
import { Admin } from '../../actors/admin/admin.ts';
import { ADMIN_CONFIG } from '../../actors/config/admin-config.ts';
import { parseConfig } from '../../actors/config/config-definition.ts';
import { KafkaError } from '../../actors/protocol/errors.ts';
import type { ErrorName } from '../../actors/protocol/errors.ts';
import { MILLISECOND } from '../../runtime/index.ts';
import type { Actor, ActorContext, Task } from '../../runtime/index.ts';

export interface OperatorOptions {
  /** Names of brokers' actors. */
  readonly bootstrap: readonly string[];
  readonly topics: readonly { readonly name: string; readonly partitions: number; readonly replicationFactor: number; readonly config: Readonly<Record<string, string>> }[];
}

const RETRY_US = 100 * MILLISECOND;
const DONE: readonly ErrorName[] = ['NONE', 'TOPIC_ALREADY_EXISTS'];

export function operator(options: OperatorOptions): Actor {
  return {
    name: 'operator',
    start(context) {
      context.spawn(createTopics(context, options));
    },
  };
}

function* createTopics(context: ActorContext, { bootstrap, topics }: OperatorOptions): Task {
  const admin = new Admin(context, { clientId: context.name, bootstrapServers: bootstrap, config: parseConfig(ADMIN_CONFIG, {}) });
  let missing = topics.map(({ name, partitions, replicationFactor, config }) => ({ name, numPartitions: partitions, replicationFactor, configs: config }));
  while (missing.length > 0) {
    yield* context.sleep(RETRY_US);
    try {
      // Before, replicas would be placed around those that are not there yet.
      if ((yield* admin.describeCluster()).length < bootstrap.length) continue;
      const done = (yield* admin.createTopics(missing)).filter(({ error }) => DONE.includes(error)).map(({ name }) => name);
      missing = missing.filter(({ name }) => !done.includes(name));
    } catch (error) {
      // Whoever was asked is gone: somebody else is asked.
      if (!(error instanceof KafkaError)) throw error;
    }
  }
  admin.close();
}
