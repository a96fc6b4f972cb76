/** @module Whom a step of a schedule hits: by name, or by the role that the nemesis finds out when the time has come. */
import type { Target } from '../../runtime/faults/plan.ts';
import type { Random } from '../../runtime/random/random.ts';
import type { FaultScene } from './scene.ts';

/** One process. */
export type ProcessTarget = Extract<Target, { readonly actor: string } | { readonly role: string }>;

export interface Aim {
  /** For a reader: `the leader of orders-0`. */
  readonly says: string;
  /** Everybody who is hit, at the same instant. */
  targets(random: Random, scene: FaultScene): readonly ProcessTarget[];
}

const role = (text: string): Aim => ({ says: `the ${text}`, targets: () => [{ role: text }] });

export function leaderOf(topic: string, partition: number): Aim {
  return role(`leader of ${topic}-${partition}`);
}

/** The first follower in the order of the replicas that is in sync. */
export function followerOf(topic: string, partition: number): Aim {
  return role(`follower of ${topic}-${partition}`);
}

/** The k-th replica, counted from 0: the preferred leader is replica 0. */
export function replicaOf(topic: string, partition: number, replica: number): Aim {
  return role(`replica ${replica} of ${topic}-${partition}`);
}

/** Every replica but one, which differs from seed to seed: replication factor N, N−1 failures. */
export function allReplicasButOne(topic: string, partition: number): Aim {
  return {
    says: `all replicas of ${topic}-${partition} but one`,
    targets(random, { replicationFactor }) {
      const spared = random.below(replicationFactor);
      return Array.from({ length: replicationFactor }, (_, replica) => ({ role: `replica ${replica} of ${topic}-${partition}` })).filter((_target, replica) => replica !== spared);
    },
  };
}

export const activeController: Aim = role('active controller');

export const anyBroker: Aim = { says: 'a broker', targets: (random, { brokers }) => [{ actor: random.pick(brokers) }] };

export const everyBroker: Aim = { says: 'every broker', targets: (_random, { brokers }) => brokers.map((actor) => ({ actor })) };

/** All brokers of one rack, which differs from seed to seed. */
export const anyRack: Aim = { says: 'every broker of a rack', targets: (random, { racks }) => random.pick(Object.values(racks)).map((actor) => ({ actor })) };

export const anyClient: Aim = { says: 'a client', targets: (random, { clients }) => [{ actor: random.pick(clients) }] };
