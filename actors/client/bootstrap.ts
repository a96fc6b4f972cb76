/** @module Names of the cluster's actors. Clients find a broker by the host that Metadata gives; here a host is an actor's name. */

/** A broker listens here. */
export const BROKER_PORT = 9092;

export function brokerName(brokerId: number): string {
  return `broker-${brokerId}`;
}

export function controllerName(index: number): string {
  return `controller-${index}`;
}

/** Ids of controllers begin here: an id names one node of the cluster, whether broker or controller. */
const CONTROLLER_IDS_FROM = 3_000;

/** Id of a controller as a node of the cluster. */
export function controllerId(index: number): number {
  return CONTROLLER_IDS_FROM + index;
}

/** Name of the controller with this node id. */
export function controllerNameOf(nodeId: number): string {
  return controllerName(nodeId - CONTROLLER_IDS_FROM);
}
