/** @module Every trial there is, the default first, then in the order of the mission's rows. */
import type { Trial } from './trial.ts';
import brokerRestart from './trials/broker-restart.ts';
import clientLosesBroker from './trials/client-loses-broker.ts';
import clockSkew from './trials/clock-skew.ts';
import compaction from './trials/compaction.ts';
import controllerElection from './trials/controller-election.ts';
import diskFull from './trials/disk-full.ts';
import diskHung from './trials/disk-hung.ts';
import firstCluster from './trials/first-cluster.ts';
import lastReplicaStanding from './trials/last-replica-standing.ts';
import leaderElection from './trials/leader-election.ts';
import longDelay from './trials/long-delay.ts';
import minInsyncReplicas from './trials/min-insync-replicas.ts';
import networkTrouble from './trials/network-trouble.ts';
import oneByOne from './trials/one-by-one.ts';
import powerLossAll from './trials/power-loss-all.ts';
import powerLossAllFlushed from './trials/power-loss-all-flushed.ts';
import powerLossRack from './trials/power-loss-rack.ts';
import powerLossRackFlushed from './trials/power-loss-rack-flushed.ts';
import reassignment from './trials/reassignment.ts';
import replicaLag from './trials/replica-lag.ts';
import replicationFactor from './trials/replication-factor.ts';
import rollingKill from './trials/rolling-kill.ts';
import rollingRestart from './trials/rolling-restart.ts';
import sessionTimeout from './trials/session-timeout.ts';
import slowDisk from './trials/slow-disk.ts';
import steadyLoad from './trials/steady-load.ts';
import truncation from './trials/truncation.ts';
import uncleanElectionOff from './trials/unclean-election-off.ts';
import uncleanElectionOn from './trials/unclean-election-on.ts';

export const TRIALS: readonly Trial[] = [
  firstCluster,
  networkTrouble,
  clockSkew,
  brokerRestart,
  steadyLoad,
  replicationFactor,
  uncleanElectionOff,
  uncleanElectionOn,
  minInsyncReplicas,
  lastReplicaStanding,
  sessionTimeout,
  replicaLag,
  reassignment,
  truncation,
  compaction,
  powerLossRack,
  powerLossRackFlushed,
  powerLossAll,
  powerLossAllFlushed,
  leaderElection,
  controllerElection,
  rollingRestart,
  rollingKill,
  oneByOne,
  clientLosesBroker,
  longDelay,
  diskFull,
  diskHung,
  slowDisk,
];

export const DEFAULT_TRIAL = firstCluster.name;
