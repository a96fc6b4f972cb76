/** @module Every trial there is, the default first, then in the order of the mission's rows. */
import type { Trial } from './trial.ts';
import brokerRestart from './trials/broker-restart.ts';
import clockSkew from './trials/clock-skew.ts';
import firstCluster from './trials/first-cluster.ts';
import leaderElection from './trials/leader-election.ts';
import minInsyncReplicas from './trials/min-insync-replicas.ts';
import networkTrouble from './trials/network-trouble.ts';
import oneByOne from './trials/one-by-one.ts';
import powerLossAll from './trials/power-loss-all.ts';
import powerLossRack from './trials/power-loss-rack.ts';
import replicaLag from './trials/replica-lag.ts';
import replicationFactor from './trials/replication-factor.ts';
import rollingKill from './trials/rolling-kill.ts';
import sessionTimeout from './trials/session-timeout.ts';
import steadyLoad from './trials/steady-load.ts';

export const TRIALS: readonly Trial[] = [
  firstCluster,
  networkTrouble,
  clockSkew,
  brokerRestart,
  steadyLoad,
  replicationFactor,
  minInsyncReplicas,
  sessionTimeout,
  replicaLag,
  powerLossRack,
  powerLossAll,
  leaderElection,
  rollingKill,
  oneByOne,
];

export const DEFAULT_TRIAL = firstCluster.name;
