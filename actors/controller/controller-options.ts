/** @module What a controller is made with. */
import type { Micros } from '../../runtime/index.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { ProtocolVariant } from '../protocol-variant.ts';

export interface ControllerOptions {
  /** Name of its actor. */
  readonly name: string;
  /** The same file that the brokers have. */
  readonly config: BrokerConfig;
  readonly protocol: ProtocolVariant;
  /** Service time of one request, in µs. */
  readonly requestUs: number;
  /** Its metrics are sampled so often; absent: never. */
  readonly metricsIntervalUs?: Micros | undefined;
}
