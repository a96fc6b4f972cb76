import { expect, test } from 'vitest';
import { MILLISECOND } from '../../runtime/index.ts';
import type { Actor } from '../../runtime/index.ts';
import { controllerId, controllerName } from '../client/bootstrap.ts';
import { ERRORS, NONE } from '../protocol/errors.ts';
import { API_KEYS } from '../protocol/messages.ts';
import type { AlterPartitionRequest } from '../protocol/messages.ts';
import { runClient } from '../testing/run-client.ts';
import { ControllerChannel } from './controller-channel.ts';

const REQUEST: AlterPartitionRequest = { apiKey: API_KEYS.AlterPartition, brokerId: 1, brokerEpoch: 7, topics: [] };

test.each([
  ['as a whole', { errorCode: ERRORS.NOT_CONTROLLER.code, topics: [] }],
  ['for a partition', { errorCode: NONE, topics: [{ topicId: 'an-id', partitions: [{ partitionIndex: 0, errorCode: ERRORS.NOT_CONTROLLER.code, leaderId: -1, leaderEpoch: -1, isr: [], leaderRecoveryState: 0, partitionEpoch: -1 }] }] }],
])('NOT_CONTROLLER %s: the channel looks for another controller, and whoever asked asks again (KR-5)', (_, refusal) => {
  const asked: string[] = [];
  let active = controllerId(0);
  const controller = (index: number): Actor => ({
    name: controllerName(index),
    start(context) {
      context.serve(function* () {
        asked.push(context.name);
        yield* context.sleep(MILLISECOND);
        return index === 0 ? refusal : { errorCode: NONE, topics: [] };
      });
    },
  });
  runClient([controller(0), controller(1)], function* (context) {
    const channel = new ControllerChannel(context, () => active);
    expect(yield* channel.call(REQUEST)).toBeUndefined();
    active = controllerId(1);
    expect(yield* channel.call(REQUEST)).toEqual({ errorCode: NONE, topics: [] });
  });
  expect(asked).toEqual([controllerName(0), controllerName(1)]);
});
