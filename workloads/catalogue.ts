/** @module Every trial there is, the default first. */
import type { Trial } from './trial.ts';
import brokerRestart from './trials/broker-restart.ts';
import firstCluster from './trials/first-cluster.ts';
import networkTrouble from './trials/network-trouble.ts';
import steadyLoad from './trials/steady-load.ts';

export const TRIALS: readonly Trial[] = [firstCluster, networkTrouble, brokerRestart, steadyLoad];

export const DEFAULT_TRIAL = firstCluster.name;
