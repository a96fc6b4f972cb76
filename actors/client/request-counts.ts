/** @module Requests of a client, of all kinds: what Kafka's Selector measures. */
import { Sensor } from '../metrics/sensor.ts';

export class RequestCounts {
  readonly sent: Sensor;
  readonly answered: Sensor;

  constructor(clock: { readonly now: number }) {
    this.sent = new Sensor(clock);
    this.answered = new Sensor(clock);
  }
}
