/** @module Steps of a schedule that break nothing: an administrator asks for them, inside the simulation, while the rest of the schedule goes on. */
import type { AlterConfigOp, ElectionType } from '../../actors/admin/admin-types.ts';
import type { TopicPartition } from '../../actors/client/topic-partition.ts';
import type { Micros } from '../../runtime/index.ts';
import { SimulatorError } from '../../runtime/simulator-error.ts';
import type { Aim } from './aim.ts';
import { parseRole } from './role.ts';
import type { Role } from './role.ts';
import type { FaultScene } from './scene.ts';
import { momentOf } from './step.ts';
import type { Step, When } from './step.ts';

/** A role that one of the replicas of a partition plays. */
export type ReplicaRole = Extract<Role, { readonly topic: string }>;

/** Something that the administrator is to ask for, from a time on, until it is granted or the faults are over. */
export type AdminAction = { readonly at: Micros } & (
  | { readonly kind: 'elect-leaders'; readonly type: ElectionType; readonly partitions: readonly TopicPartition[] | null }
  | { readonly kind: 'alter-config'; readonly topic: string; readonly ops: readonly AlterConfigOp[] }
  /** The replica that plays this role then is replaced by one on a broker that has none. */
  | { readonly kind: 'reassign'; readonly role: ReplicaRole }
);

type At = Omit<When, 'for'>;

/** EL-12: an election of all partitions, or of these. */
export function electLeaders(type: ElectionType, when: At, partitions: readonly TopicPartition[] | null = null): Step {
  const which = partitions === null ? 'all partitions' : partitions.map(({ topic, partition }) => `${topic}-${partition}`).join(', ');
  return {
    says: `the administrator has ${type === 'preferred' ? 'the preferred leaders' : 'leaders, unclean ones if need be,'} of ${which} elected`,
    plot: (random, scene) => ({ faults: [], administration: inTime(scene, { kind: 'elect-leaders', type, partitions, at: momentOf(random, scene, { ...when, for: 0 }).at }) }),
  };
}

/** Configs of a topic are other ones for a while, and the default after that. */
export function alterConfig(topic: string, configs: Readonly<Record<string, string>>, when: When): Step {
  const names = Object.keys(configs);
  return {
    says: `the administrator sets ${names.map((name) => `${name}=${configs[name]}`).join(' and ')} for ${topic}, and takes it back`,
    plot(random, scene) {
      const { at, for: us } = momentOf(random, scene, when);
      const set = inTime(scene, { kind: 'alter-config', topic, ops: names.map((name) => ({ name, value: configs[name]! })), at });
      const reset: AdminAction = { kind: 'alter-config', topic, ops: names.map((name) => ({ name, value: null })), at: Math.min(at + us, scene.healUs) };
      return { faults: [], administration: set.length === 0 ? [] : [...set, reset] };
    },
  };
}

/** EL-14: a replica of a partition, by its role, is moved to a broker that has none. @throws {SimulatorError} `declaration` if that is not what is aimed at */
export function reassign(aim: Aim, when: At): Step {
  return {
    says: `the administrator moves the replica of ${aim.says} to another broker`,
    plot(random, scene) {
      const { at } = momentOf(random, scene, { ...when, for: 0 });
      return { faults: [], administration: aim.targets(random, scene).flatMap((target) => inTime(scene, { kind: 'reassign', role: replicaRole(aim, 'role' in target ? target.role : ''), at })) };
    },
  };
}

function replicaRole({ says }: Aim, text: string): ReplicaRole {
  const role = parseRole(text);
  if (role === undefined || !('topic' in role)) throw new SimulatorError('declaration', `a reassignment aims at a replica of a partition, and ${says} is none`);
  return role;
}

/** What would be asked for after the heal is left out. */
function inTime({ healUs }: FaultScene, action: AdminAction): AdminAction[] {
  return action.at < healUs ? [action] : [];
}
