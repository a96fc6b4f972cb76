/** @module The simulator's own failures: never Kafka's, never an application's. They end the run with exit code 3. */

export type SimulatorErrorCode =
  /** Two events have the same key: their order would be arbitrary. */
  | 'tie'
  /** An event was dispatched before one that had already run. */
  | 'time-went-back'
  /** Virtual time does not advance. */
  | 'livelock'
  /** Simulated code reached for a clock, a timer or randomness of the real world. */
  | 'forbidden'
  /** A frame would arrive sooner than the lookahead allows. */
  | 'lookahead'
  /** An actor, a fault or a simulation is declared in a way that makes no sense. */
  | 'declaration'
  /** An actor threw something that its own world does not know. */
  | 'actor'
  /** A worker thread died, or was silent too long. */
  | 'worker'
  /** A trace or a shared buffer could not be read back. */
  | 'format';

/** Thrown when the simulation itself is wrong or cannot go on. */
export class SimulatorError extends Error {
  readonly code: SimulatorErrorCode;

  constructor(code: SimulatorErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'SimulatorError';
    this.code = code;
  }
}
