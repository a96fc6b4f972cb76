/** @module How the program ends: the contract of the command line. */

export const EXIT = {
  /** Everything held. */
  held: 0,
  /** An anomaly that nothing allows. */
  anomaly: 1,
  /** Wrong usage, an input that cannot be read, or an output that cannot be written. */
  usage: 2,
  /** The simulator itself failed, or the same run came out differently. */
  simulator: 3,
  /** Ended by hand (Ctrl-C, 128 + SIGINT) with nothing found so far: not "all held", for what was not seen proves nothing. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
