/** @module What a controller is made with. */
import type { Micros } from '../../runtime/index.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { PlantedBugs, ProtocolVariant } from '../protocol-variant.ts';

export interface ControllerOptions {
  /** Id of this node. */
  readonly nodeId: number;
  /** Ids of all controllers, this one among them. */
  readonly voters: readonly number[];
  /** The same file that the brokers have. */
  readonly config: BrokerConfig;
  readonly protocol: ProtocolVariant;
  /** For tests of the judges. */
  readonly planted?: PlantedBugs | undefined;
  /** Service time of one request, in µs. */
  readonly requestUs: number;
  /** Its metrics are sampled so often; absent: never. */
  readonly metricsIntervalUs?: Micros | undefined;
}
