/**
 * @module
 * The nemesis: finds out, inside the simulation, who plays the roles that faults are aimed at, and lets the faults strike.
 * It asks the brokers like any client, over links that have weather too, so it asks one after the other and does not wait long. If nobody can
 * tell in time, that fault does not strike.
 */
import { controllerName } from '../../actors/client/bootstrap.ts';
import { NONE } from '../../actors/protocol/errors.ts';
import { API_KEYS } from '../../actors/protocol/messages.ts';
import type { MetadataRequest, MetadataResponse } from '../../actors/protocol/messages.ts';
import type { FaultPlan, TimedFault } from '../../runtime/faults/plan.ts';
import { ConnectionError, MILLISECOND } from '../../runtime/index.ts';
import type { Actor, ActorContext, Micros, Task } from '../../runtime/index.ts';
import { SimulatorError } from '../../runtime/simulator-error.ts';
import { parseRole, patienceFor, unknownRole } from './role.ts';
import type { Role } from './role.ts';

export const NEMESIS = 'nemesis';

const TIMEOUT_US: Micros = 250 * MILLISECOND;
const PAUSE_US: Micros = 100 * MILLISECOND;

interface RoleFault {
  readonly fault: TimedFault;
  readonly role: Role;
}

/** The nemesis of a plan. It asks these brokers. @throws {SimulatorError} `declaration` if a fault is aimed at an unknown role. */
export function nemesis(plan: FaultPlan, brokers: readonly string[]): Actor {
  const faults = plan.timed.flatMap((fault): RoleFault[] => ('role' in fault.target ? [{ fault, role: roleOf(fault.id, fault.target.role) }] : []));
  return {
    name: NEMESIS,
    start(context) {
      for (const { fault, role } of faults) if (fault.at >= context.now) context.spawn(strike(context, brokers, fault, role));
    },
  };
}

function roleOf(id: string, text: string): Role {
  const role = parseRole(text);
  if (role === undefined) throw new SimulatorError('declaration', `fault ${id}: ${unknownRole(text)}`);
  return role;
}

function* strike(context: ActorContext, brokers: readonly string[], fault: TimedFault, role: Role): Task {
  yield* context.sleep(fault.at - context.now);
  const player = yield* playerOf(context, brokers, role, fault.at + patienceFor(fault));
  if (player !== undefined) context.strike(fault.id, [player]);
}

/** Name of the actor that plays the role; undefined if nobody can tell until then. */
function* playerOf(context: ActorContext, brokers: readonly string[], role: Role, until: Micros): Task<string | undefined> {
  if (role.kind === 'active-controller') return activeController();
  while (context.now < until) {
    for (const broker of brokers) {
      const leader = yield* leaderAccordingTo(context, broker, role);
      if (context.now >= until) return undefined;
      if (leader !== undefined) return leader;
    }
    yield* context.sleep(PAUSE_US);
  }
  return undefined;
}

/** There is one controller. */
function activeController(): string {
  return controllerName(0);
}

/** Asks one broker. Undefined: it does not answer, or knows of no leader. */
function* leaderAccordingTo(context: ActorContext, broker: string, { topic, partition }: Extract<Role, { kind: 'leader' }>): Task<string | undefined> {
  const request: MetadataRequest = { apiKey: API_KEYS.Metadata, clientId: NEMESIS, topics: [topic] };
  let response: MetadataResponse;
  try {
    const connection = yield* context.connect(broker, TIMEOUT_US);
    response = yield* connection.call(request, TIMEOUT_US);
    connection.close();
  } catch (error) {
    if (error instanceof ConnectionError) return undefined;
    throw error;
  }
  const found = response.topics.find(({ name, errorCode }) => name === topic && errorCode === NONE)?.partitions.find(({ partitionIndex }) => partitionIndex === partition);
  return response.brokers.find(({ nodeId }) => nodeId === found?.leaderId)?.host;
}
