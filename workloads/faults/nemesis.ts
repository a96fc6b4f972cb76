/**
 * @module
 * The nemesis: finds out, inside the simulation, who plays the roles that faults are aimed at, and lets the faults strike.
 * It asks brokers and controllers like any client, over links that have weather too, so it asks one after the other and does not wait long. If nobody can
 * tell in time, that fault does not strike.
 */
import { brokerName, controllerNameOf } from '../../actors/client/bootstrap.ts';
import { NONE } from '../../actors/protocol/errors.ts';
import { API_KEYS } from '../../actors/protocol/messages.ts';
import type { DescribeQuorumResponse, MetadataRequest, MetadataResponse } from '../../actors/protocol/messages.ts';
import { describeQuorumRequest } from '../../actors/raft/raft-messages.ts';
import type { FaultPlan, TimedFault } from '../../runtime/faults/plan.ts';
import { ConnectionError, MILLISECOND } from '../../runtime/index.ts';
import type { Actor, ActorContext, Micros, Request, Task } from '../../runtime/index.ts';
import { SimulatorError } from '../../runtime/simulator-error.ts';
import { parseRole, patienceFor, unknownRole } from './role.ts';
import type { Role } from './role.ts';

export const NEMESIS = 'nemesis';

const TIMEOUT_US: Micros = 250 * MILLISECOND;
const PAUSE_US: Micros = 100 * MILLISECOND;

type ReplicaRole = Extract<Role, { readonly topic: string }>;
type PartitionMetadata = MetadataResponse['topics'][number]['partitions'][number];
type Racks = Readonly<Record<string, readonly string[]>>;

interface RoleFault {
  readonly fault: TimedFault;
  readonly role: Role;
}

/** Whom the nemesis may ask, by name. */
export interface Witnesses {
  readonly brokers: readonly string[];
  readonly controllers: readonly string[];
}

/** The nemesis of a plan. Who stands in which rack it knows. @throws {SimulatorError} `declaration` if a fault is aimed at an unknown role. */
export function nemesis(plan: FaultPlan, witnesses: Witnesses, racks: Racks): Actor {
  const faults = plan.timed.flatMap((fault): RoleFault[] => ('role' in fault.target ? [{ fault, role: roleOf(fault.id, fault.target.role) }] : []));
  return {
    name: NEMESIS,
    start(context) {
      for (const { fault, role } of faults) if (fault.at >= context.now) context.spawn(strike(context, witnesses, racks, fault, role));
    },
  };
}

function roleOf(id: string, text: string): Role {
  const role = parseRole(text);
  if (role === undefined) throw new SimulatorError('declaration', `fault ${id}: ${unknownRole(text)}`);
  return role;
}

function* strike(context: ActorContext, witnesses: Witnesses, racks: Racks, fault: TimedFault, role: Role): Task {
  yield* context.sleep(fault.at - context.now);
  const players = yield* playersOf(context, witnesses, racks, role, fault.at + patienceFor(fault));
  if (players.length > 0) context.strike(fault.id, players);
}

/** Names of the actors that play the role; none if nobody can tell until then. */
function* playersOf(context: ActorContext, { brokers, controllers }: Witnesses, racks: Racks, role: Role, until: Micros): Task<readonly string[]> {
  if (role.kind === 'rack') return racks[role.rack] ?? [];
  const asked = role.kind === 'active-controller' ? controllers : brokers;
  while (context.now < until) {
    for (const witness of asked) {
      const player = role.kind === 'active-controller' ? yield* activeControllerAccordingTo(context, witness) : yield* playerAccordingTo(context, witness, role);
      if (context.now >= until) return [];
      if (player !== undefined) return [player];
    }
    yield* context.sleep(PAUSE_US);
  }
  return [];
}

/** Asks one broker. Undefined: it does not answer, or knows of nobody. */
function* playerAccordingTo(context: ActorContext, broker: string, role: ReplicaRole): Task<string | undefined> {
  const request: MetadataRequest = { apiKey: API_KEYS.Metadata, clientId: NEMESIS, topics: [role.topic] };
  const response = yield* ask<MetadataResponse>(context, broker, request);
  const found = response?.topics.find(({ name, errorCode }) => name === role.topic && errorCode === NONE)?.partitions.find(({ partitionIndex }) => partitionIndex === role.partition);
  const player = found && nodeOf(role, found);
  return player === undefined || player < 0 ? undefined : brokerName(player);
}

/** The replica that plays the role; −1 or undefined: none. */
function nodeOf(role: ReplicaRole, { leaderId, replicaNodes, isrNodes }: PartitionMetadata): number | undefined {
  switch (role.kind) {
    case 'leader':
      return leaderId;
    case 'follower':
      return replicaNodes.find((replica) => replica !== leaderId && isrNodes.includes(replica));
    case 'replica':
      return replicaNodes[role.replica];
  }
}

/** Asks one controller who leads the quorum. Undefined: it does not answer, or does not know. */
function* activeControllerAccordingTo(context: ActorContext, controller: string): Task<string | undefined> {
  const response = yield* ask<DescribeQuorumResponse>(context, controller, describeQuorumRequest());
  const leaderId = response?.topics[0]?.partitions[0]?.leaderId ?? -1;
  return leaderId < 0 ? undefined : controllerNameOf(leaderId);
}

function* ask<Reply>(context: ActorContext, peer: string, request: Request<Reply>): Task<Reply | undefined> {
  try {
    const connection = yield* context.connect(peer, TIMEOUT_US);
    const reply = yield* connection.call(request, TIMEOUT_US);
    connection.close();
    return reply;
  } catch (error) {
    if (error instanceof ConnectionError) return undefined;
    throw error;
  }
}
