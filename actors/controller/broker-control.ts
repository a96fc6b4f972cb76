/**
 * @module
 * Brokers come and go (§1.12).
 *
 *     FENCED ──has read its registration──► UNFENCED ──wants to shut down──► CONTROLLED_SHUTDOWN ──leads nothing, and all know──► SHUTDOWN_NOW
 *       ▲             (EL-8)                   │              (EL-9)                │
 *       └──────── session over, or wish (EL-7) ┴────────────────────────────────────┘
 */
import { NO_LEADER } from '../metadata/metadata-image.ts';
import type { BrokerRegistration } from '../metadata/metadata-image.ts';
import { ERRORS, NONE } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import type { BrokerHeartbeatRequest, BrokerHeartbeatResponse, BrokerRegistrationRequest, BrokerRegistrationResponse } from '../protocol/messages.ts';
import type { ControllerState } from './controller-state.ts';

/** BL-1. A registration ends what the id was before, with its own record last (EL-10): a controller that crashes in between is asked again. */
export function registerBroker(state: ControllerState, request: BrokerRegistrationRequest): BrokerRegistrationResponse {
  const { brokerId, incarnationId, listeners, rack, previousBrokerEpoch } = request;
  const known = state.image.brokers.get(brokerId);
  const isSameIncarnation = known?.incarnationId === incarnationId;
  const { fencedBrokersHaveNoSession } = state.options.protocol;
  const hasSession = known !== undefined && state.sessions.isValid(brokerId, state.now) && !(fencedBrokersHaveNoSession && known.fenced);
  if (hasSession && !isSameIncarnation) return refusedRegistration('DUPLICATE_BROKER_REGISTRATION');
  const [listener] = listeners;
  if (listener === undefined) return refusedRegistration('INVALID_REGISTRATION');
  if (known !== undefined && !isSameIncarnation) endIncarnation(state, known, previousBrokerEpoch);
  // The same incarnation once more: its answer was lost. It is what it was.
  const { brokerEpoch, fenced, inControlledShutdown } = isSameIncarnation ? known : { brokerEpoch: state.log.nextOffset, fenced: true, inControlledShutdown: false };
  state.propose([{ type: 'RegisterBroker', brokerId, incarnationId, brokerEpoch, fenced, ...(inControlledShutdown && { inControlledShutdown }), host: listener.host, port: listener.port, ...(rack !== undefined && { rack }) }]);
  state.observe({ kind: 'broker-registered', broker: brokerId, brokerEpoch });
  if (!isSameIncarnation) state.sessions.open(brokerId);
  return { errorCode: NONE, brokerEpoch };
}

/** EL-10: after a clean shutdown its log is whole, and it may become an eligible leader replica; else it is nothing any more. */
function endIncarnation(state: ControllerState, { brokerId, brokerEpoch }: BrokerRegistration, previousBrokerEpoch: number): void {
  const isClean = previousBrokerEpoch === brokerEpoch;
  if (isClean || !state.options.protocol.eligibleLeaderReplicas) removeFromIsr(state, brokerId);
  else removeAfterUncleanShutdown(state, brokerId);
}

/** BL-2, BL-3. */
export function brokerHeartbeat(state: ControllerState, request: BrokerHeartbeatRequest): BrokerHeartbeatResponse {
  const { brokerId, brokerEpoch, currentMetadataOffset } = request;
  const broker = state.image.brokers.get(brokerId);
  if (broker?.brokerEpoch !== brokerEpoch) return refusedHeartbeat('STALE_BROKER_EPOCH');
  state.sessions.touch(brokerId, currentMetadataOffset, state.now);
  const next = nextState(state, broker, request);
  switch (next) {
    case 'FENCED':
    case 'SHUTDOWN_NOW':
      if (!broker.fenced) fence(state, brokerId);
      break;
    case 'UNFENCED':
      if (broker.fenced) unfence(state, brokerId);
      break;
    case 'CONTROLLED_SHUTDOWN':
      if (!broker.inControlledShutdown) beginControlledShutdown(state, brokerId);
      break;
  }
  return { errorCode: NONE, isCaughtUp: currentMetadataOffset >= brokerEpoch, isFenced: next === 'FENCED' || next === 'SHUTDOWN_NOW', shouldShutDown: next === 'SHUTDOWN_NOW' };
}

type BrokerControlState = 'FENCED' | 'UNFENCED' | 'CONTROLLED_SHUTDOWN' | 'SHUTDOWN_NOW';

/** BL-3: what becomes of a broker after this heartbeat. */
function nextState(state: ControllerState, broker: BrokerRegistration, { wantFence, wantShutDown, currentMetadataOffset }: BrokerHeartbeatRequest): BrokerControlState {
  const { brokerId, brokerEpoch, fenced, inControlledShutdown } = broker;
  if (fenced) {
    if (wantShutDown) return 'SHUTDOWN_NOW';
    const isCaughtUp = currentMetadataOffset >= brokerEpoch || state.options.protocol.unfencesEarly;
    return !wantFence && isCaughtUp ? 'UNFENCED' : 'FENCED';
  }
  if (inControlledShutdown) {
    const active = [...state.image.brokers.keys()].filter(state.isActive);
    return !hasLeaderships(state, brokerId) && state.sessions.mayShutDown(brokerId, active) ? 'SHUTDOWN_NOW' : 'CONTROLLED_SHUTDOWN';
  }
  if (wantFence) return wantShutDown ? 'SHUTDOWN_NOW' : 'FENCED';
  if (wantShutDown) return hasLeaderships(state, brokerId) ? 'CONTROLLED_SHUTDOWN' : 'SHUTDOWN_NOW';
  return 'UNFENCED';
}

/** EL-7: it leaves every in-sync set that it can leave, and leads nothing. */
export function fence(state: ControllerState, brokerId: number): void {
  const { brokerEpoch } = state.image.brokers.get(brokerId)!;
  removeFromIsr(state, brokerId);
  state.propose([{ type: 'BrokerRegistrationChange', brokerId, brokerEpoch, fenced: true }]);
  state.observe({ kind: 'broker-fenced', broker: brokerId, brokerEpoch });
}

/** EL-8: where nobody leads, it may. It returns to in-sync sets by AlterPartition alone. */
function unfence(state: ControllerState, brokerId: number): void {
  const { brokerEpoch } = state.image.brokers.get(brokerId)!;
  state.propose([{ type: 'BrokerRegistrationChange', brokerId, brokerEpoch, fenced: false }]);
  state.observe({ kind: 'broker-unfenced', broker: brokerId, brokerEpoch });
  const leaderless = [...state.image.partitions()].filter(({ registration }) => registration.leader === NO_LEADER);
  state.changeAll(leaderless, () => ({}));
}

/** EL-9. */
function beginControlledShutdown(state: ControllerState, brokerId: number): void {
  const { brokerEpoch } = state.image.brokers.get(brokerId)!;
  state.propose([{ type: 'BrokerRegistrationChange', brokerId, brokerEpoch, inControlledShutdown: true }]);
  removeFromIsr(state, brokerId);
  state.sessions.leadershipsMoved(brokerId, state.log.nextOffset - 1);
}

function removeFromIsr(state: ControllerState, brokerId: number): void {
  const inSync = [...state.image.partitions()].filter(({ registration }) => registration.isr.includes(brokerId));
  state.changeAll(inSync, ({ isr }) => ({ isr: without(isr, brokerId) }), (replica) => replica !== brokerId && state.isActive(replica));
}

function removeAfterUncleanShutdown(state: ControllerState, brokerId: number): void {
  const touched = [...state.image.partitions()].filter(({ registration: { isr, elr } }) => isr.includes(brokerId) || elr.includes(brokerId));
  state.changeAll(touched, ({ isr }) => ({ isr: without(isr, brokerId), uncleanShutdown: brokerId }), (replica) => replica !== brokerId && state.isActive(replica));
}

function hasLeaderships(state: ControllerState, brokerId: number): boolean {
  for (const { registration } of state.image.partitions()) if (registration.leader === brokerId) return true;
  return false;
}

function without(brokers: readonly number[], brokerId: number): readonly number[] {
  return brokers.filter((broker) => broker !== brokerId);
}

function refusedRegistration(error: ErrorName): BrokerRegistrationResponse {
  return { errorCode: ERRORS[error].code, brokerEpoch: -1 };
}

function refusedHeartbeat(error: ErrorName): BrokerHeartbeatResponse {
  return { errorCode: ERRORS[error].code, isCaughtUp: false, isFenced: true, shouldShutDown: false };
}
