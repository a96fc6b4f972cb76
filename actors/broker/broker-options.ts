/** @module What a broker is made with. */
import type { Micros } from '../../runtime/index.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { PlantedBugs, ProtocolVariant } from '../protocol-variant.ts';

/** Service times of a broker: what its work costs in virtual time. */
export interface BrokerCosts {
  /** One request, whatever it asks, µs. */
  readonly requestUs: number;
  /** Each KiB of records appended or sent, in nanoseconds. */
  readonly nsPerKiB: number;
}

/** A guess of a present server: 20 µs a request, 1 GB/s. To be calibrated. */
export const BROKER_COSTS: BrokerCosts = { requestUs: 20, nsPerKiB: 1_000 };

export interface BrokerOptions {
  readonly brokerId: number;
  /** Node ids of the controllers, of which one is active. */
  readonly controllers: readonly number[];
  readonly config: BrokerConfig;
  readonly costs: BrokerCosts;
  readonly protocol: ProtocolVariant;
  readonly planted: PlantedBugs;
  /** Its metrics are sampled so often; absent: never. */
  readonly metricsIntervalUs?: Micros | undefined;
  /** broker.rack; absent: it names none. */
  readonly rack?: string | undefined;
}
