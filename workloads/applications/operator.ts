/** @module Whoever runs the cluster: makes the topics as soon as there are brokers enough. */
import { API_KEYS } from '../../actors/protocol/messages.ts';
import type { CreateTopicsRequest } from '../../actors/protocol/messages.ts';
import { ERRORS, NONE } from '../../actors/protocol/errors.ts';
import { ConnectionError, MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { Actor, ActorContext, Task } from '../../runtime/index.ts';

export interface OperatorOptions {
  readonly controller: string;
  readonly topics: readonly { readonly name: string; readonly partitions: number; readonly replicationFactor: number; readonly config: Readonly<Record<string, string>> }[];
}

const RETRY_US = 100 * MILLISECOND;
const DONE: readonly number[] = [NONE, ERRORS.TOPIC_ALREADY_EXISTS.code];

export function operator(options: OperatorOptions): Actor {
  return {
    name: 'operator',
    start(context) {
      context.spawn(createTopics(context, options));
    },
  };
}

function* createTopics(context: ActorContext, options: OperatorOptions): Task {
  let missing = options.topics;
  while (missing.length > 0) {
    yield* context.sleep(RETRY_US);
    const request: CreateTopicsRequest = {
      apiKey: API_KEYS.CreateTopics,
      clientId: context.name,
      topics: missing.map(({ name, partitions, replicationFactor, config }) => ({
        name,
        numPartitions: partitions,
        replicationFactor,
        assignments: [],
        configs: Object.entries(config).map(([key, value]) => ({ name: key, value })),
      })),
    };
    try {
      const connection = yield* context.connect(options.controller, SECOND);
      const { topics } = yield* connection.call(request, 10 * SECOND);
      connection.close();
      missing = missing.filter(({ name }) => !topics.some((topic) => topic.name === name && DONE.includes(topic.errorCode)));
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
    }
  }
}
