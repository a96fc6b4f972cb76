/** @module Names of the cluster's actors. Clients find a broker by the host that Metadata gives; here a host is an actor's name. */

/** A broker listens here. */
export const BROKER_PORT = 9092;

export function brokerName(brokerId: number): string {
  return `broker-${brokerId}`;
}

export function controllerName(controllerId: number): string {
  return `controller-${controllerId}`;
}
