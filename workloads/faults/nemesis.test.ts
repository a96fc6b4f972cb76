import { describe, expect, it } from 'vitest';
import { API_KEYS } from '../../actors/protocol/messages.ts';
import type { DescribeQuorumRequest, MetadataRequest, MetadataResponse } from '../../actors/protocol/messages.ts';
import { describeQuorumResponse, leaderAndEpoch } from '../../actors/raft/raft-messages.ts';
import { NO_FAULTS } from '../../runtime/faults/plan.ts';
import type { TimedFault } from '../../runtime/faults/plan.ts';
import { ConnectionError, SECOND } from '../../runtime/index.ts';
import type { ActorContext, Connection, Micros, Task } from '../../runtime/index.ts';
import { ManualClock, runTask } from '../../runtime/testing/run-task.ts';
import { nemesis } from './nemesis.ts';

/** What a broker answers at a time: who leads orders-0, −1 if nobody; `silent`: it does not answer. A controller: who leads the quorum. */
type Broker = (now: Micros) => number | 'silent';

const BROKERS = ['broker-0', 'broker-1', 'broker-2'];
const WITNESSES = { brokers: BROKERS, controllers: ['controller-0', 'controller-1'] };
const RACKS = { 'rack-0': ['broker-0', 'broker-2'], 'rack-1': ['broker-1'] };
const FAULT: TimedFault = { id: 'f1', kind: 'crash', at: 10 * SECOND, for: 2 * SECOND, target: { role: 'leader of orders-0' } };

function answer({ topics }: MetadataRequest, leaderId: number): MetadataResponse {
  const brokers = BROKERS.map((host, nodeId) => ({ nodeId, host, port: 9092 }));
  const partitions = [{ errorCode: 0, partitionIndex: 0, leaderId, leaderEpoch: 1, replicaNodes: [0, 1, 2], isrNodes: [0, 1, 2] }];
  return { brokers, controllerId: 0, topics: topics!.map((name) => ({ errorCode: 0, name, topicId: '', partitions: name === 'orders' ? partitions : [] })) };
}

/** Runs the nemesis against brokers that answer so. @returns its strikes: when, which fault, whom. */
function strikes(fault: TimedFault, broker: Broker): [Micros, string, readonly string[]][] {
  const clock = new ManualClock();
  const struck: [Micros, string, readonly string[]][] = [];
  const tasks: Task<unknown>[] = [];
  const context = {
    name: 'nemesis',
    get now() {
      return clock.now();
    },
    sleep: (us: Micros) => clock.sleep(us),
    spawn: (task: Task<unknown>) => tasks.push(task),
    *connect(peer: string, timeoutUs: Micros): Task<Connection> {
      yield* clock.sleep(1_000);
      return {
        peer,
        *call(request: MetadataRequest | DescribeQuorumRequest): Task<object> {
          const leader = broker(clock.now());
          yield* clock.sleep(leader === 'silent' ? timeoutUs : 1_000);
          if (leader === 'silent') throw new ConnectionError('timeout', peer);
          return request.apiKey === API_KEYS.Metadata ? answer(request, leader) : describeQuorumResponse(leaderAndEpoch('NONE', leader, 1), 0, [], []);
        },
        close: () => undefined,
      } as unknown as Connection;
    },
    strike: (id: string, targets: readonly string[]) => struck.push([clock.now(), id, targets]),
  } as unknown as ActorContext;
  nemesis({ ...NO_FAULTS, timed: [fault] }, WITNESSES, RACKS).start(context);
  for (const task of tasks) runTask(task, clock);
  return struck;
}

describe('nemesis: faults aimed at roles', () => {
  it('strikes whoever leads the partition, when it is time', () => {
    expect(strikes(FAULT, () => 2)).toEqual([[10 * SECOND + 2_000, 'f1', ['broker-2']]]);
  });

  it('asks the next broker when one does not answer', () => {
    let asked = 0;
    const broker: Broker = () => {
      asked += 1;
      return asked === 1 ? 'silent' : 1;
    };
    expect(strikes(FAULT, broker)).toMatchObject([[10_253_000, 'f1', ['broker-1']]]);
  });

  it('asks again as long as there is no leader', () => {
    const [[at, , targets] = []] = strikes(FAULT, (now) => (now < 11 * SECOND ? -1 : 0));
    expect(targets).toEqual(['broker-0']);
    expect(at).toBeGreaterThanOrEqual(11 * SECOND);
  });

  it('does not strike when nobody can tell in time', () => {
    expect(strikes(FAULT, () => 'silent')).toEqual([]);
    expect(strikes(FAULT, (now) => (now < 12 * SECOND ? -1 : 0))).toEqual([]);
  });

  it('does not strike a partition that does not exist', () => {
    expect(strikes({ ...FAULT, target: { role: 'leader of nothing-0' } }, () => 1)).toEqual([]);
    expect(strikes({ ...FAULT, target: { role: 'leader of orders-9' } }, () => 1)).toEqual([]);
  });

  it.each([
    ['follower of orders-0', 1, 'broker-0'],
    ['follower of orders-0', 0, 'broker-1'],
    ['replica 0 of orders-0', 1, 'broker-0'],
    ['replica 2 of orders-0', 1, 'broker-2'],
  ])('finds the %s when broker %i leads', (role, leader, expected) => {
    expect(strikes({ ...FAULT, target: { role } }, () => leader)).toMatchObject([[10_002_000, 'f1', [expected]]]);
  });

  it('finds a replica though nobody leads, and no replica that there is not', () => {
    expect(strikes({ ...FAULT, target: { role: 'replica 1 of orders-0' } }, () => -1)).toMatchObject([[10_002_000, 'f1', ['broker-1']]]);
    expect(strikes({ ...FAULT, target: { role: 'replica 3 of orders-0' } }, () => 1)).toEqual([]);
  });

  it('strikes every broker of a rack at once, without asking', () => {
    expect(strikes({ ...FAULT, target: { role: 'rack rack-0' } }, () => 'silent')).toEqual([[10 * SECOND, 'f1', ['broker-0', 'broker-2']]]);
  });

  it('finds the active controller by asking one controller after the other (KR-5)', () => {
    const fault: TimedFault = { ...FAULT, target: { role: 'active controller' } };
    let asked = 0;
    const answers: ReturnType<Broker>[] = ['silent', -1, 3_001];
    expect(strikes(fault, () => answers[asked++]!)).toMatchObject([[expect.any(Number), 'f1', ['controller-1']]]);
    expect(strikes(fault, () => 'silent')).toEqual([]);
  });

  it('leaves faults with named targets alone', () => {
    expect(strikes({ ...FAULT, target: { actor: 'broker-1' } }, () => 2)).toEqual([]);
  });

  it('refuses a role that it does not know, before the run', () => {
    expect(() => nemesis({ ...NO_FAULTS, timed: [{ ...FAULT, target: { role: 'boss' } }] }, WITNESSES, RACKS)).toThrow("fault f1: unknown role 'boss'");
  });
});
