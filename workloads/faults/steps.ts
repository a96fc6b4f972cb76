/** @module The steps that schedules are made of. */
import type { DiskFaultKind, ProcessFaultKind, Target } from '../../runtime/faults/plan.ts';
import { MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { Micros } from '../../runtime/index.ts';
import type { Random } from '../../runtime/random/random.ts';
import { replicaOf } from './aim.ts';
import type { Aim } from './aim.ts';
import { clockFaults } from './process-faults.ts';
import type { FaultScene, UnnamedFault } from './scene.ts';
import { LATER_US_MAX, LONGER_US_MAX, momentOf } from './step.ts';
import type { Step, When } from './step.ts';

/** The process dies, and starts again. */
export const crash = (aim: Aim, when: When): Step => processStep('crash', 'crashes', aim, when);
/** The machine loses power: what was not flushed is gone. */
export const powerLoss = (aim: Aim, when: When): Step => processStep('power-loss', 'loses power', aim, when);
/** The process stands still. */
export const pause = (aim: Aim, when: When): Step => processStep('pause', 'stands still', aim, when);

/** Its disk has no room: the broker halts, and is started again when there is room (DF-5). */
export const diskFull = (aim: Aim, when: When): Step => processStep('disk-full', 'has no room on its disk', aim, when);
/** Its disk does nothing until the fault is over. */
export const diskHung = (aim: Aim, when: When): Step => processStep('disk-hung', 'has a disk that hangs', aim, when);
/** Every operation of its disk takes so much longer. */
export const diskSlow = (aim: Aim, byUs: Micros, when: When): Step => processStep('disk-slow', `has a disk that takes ${byUs / MILLISECOND} ms longer`, aim, when, byUs);

function processStep(kind: ProcessFaultKind | DiskFaultKind, verb: string, aim: Aim, when: When, amount?: number): Step {
  return {
    says: `${aim.says} ${verb}`,
    plot(random, scene) {
      const moment = momentOf(random, scene, when);
      return { faults: aim.targets(random, scene).map((target) => ({ kind, ...moment, target, ...(amount !== undefined && { amount }) })) };
    },
  };
}

/** Whom a process is cut off from. */
export type Others = 'brokers' | 'controllers' | 'cluster' | 'clients' | 'everybody';

/** Frames between it and the others are held back until it is over, as TCP does. */
export function isolate(aim: Aim, others: Others, when: When): Step {
  return {
    says: `${aim.says} is cut off from ${others === 'brokers' ? 'the other brokers' : others}`,
    plot(random, scene) {
      const moment = momentOf(random, scene, when);
      return { faults: aim.targets(random, scene).flatMap((target) => cut(target, othersIn(scene, others), moment)) };
    },
  };
}

/** A role is cut off from everybody: whoever plays it is not known yet. */
function cut(target: Target, others: readonly string[], moment: { readonly at: Micros; readonly for: Micros }): UnnamedFault[] {
  if (!('actor' in target)) return [{ kind: 'partition', ...moment, target }];
  const and = others.filter((name) => name !== target.actor);
  return and.length === 0 ? [] : [{ kind: 'partition', ...moment, target: { between: [target.actor], and } }];
}

function othersIn({ brokers, controllers, clients }: FaultScene, others: Others): readonly string[] {
  switch (others) {
    case 'brokers':
      return brokers;
    case 'controllers':
      return controllers;
    case 'cluster':
      return [...brokers, ...controllers];
    case 'clients':
      return clients;
    case 'everybody':
      return [...brokers, ...controllers, ...clients];
  }
}

/** Every frame between it and the others arrives so much later. */
export function delayed(aim: Aim, others: Others, byUs: Micros, when: When): Step {
  return {
    says: `everything between ${aim.says} and ${others} takes ${byUs / SECOND} s longer`,
    plot(random, scene) {
      const moment = momentOf(random, scene, when);
      const targets = aim.targets(random, scene).flatMap((target) => cut(target, othersIn(scene, others), moment));
      return { faults: targets.map((fault) => ({ ...fault, kind: 'delay', amount: byUs })) };
    },
  };
}

export interface Rolling {
  /** From one broker to the next. */
  readonly every: Micros;
  /** How long each is away, from the blow to its next start. */
  readonly downFor: Micros;
  readonly how: 'crash' | 'shutdown';
}

/** One broker after the other, each exactly once, in an order that differs from seed to seed. */
export function rolling({ every, downFor, how }: Rolling): Step {
  return {
    says: `one broker after the other ${how === 'crash' ? 'is killed and started again' : 'is shut down in good order and started again'}`,
    plot(random, scene) {
      const faults = shuffled(random, scene.brokers).map((actor, i): UnnamedFault => {
        const moment = momentOf(random, scene, { at: i * every, for: downFor });
        return { kind: how, ...moment, target: { actor } };
      });
      return { faults };
    },
  };
}

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const left = [...items];
  return items.map(() => left.splice(random.below(left.length), 1)[0]!);
}

/** A replica is gone before the next one goes for so long, at least. */
const BETWEEN_US: Micros = 14 * SECOND;

/**
 * All replicas of a partition stop one after the other, the preferred leader last; and start again in the same order: the one that fell behind first comes back
 * first (book, "validating configuration": unclean election, one replica at a time).
 *
 *     replica 2   ├──── down ────┤
 *     replica 1        ├──── down ────┤
 *     replica 0             ├──── down ────┤
 */
export function oneByOne(topic: string, partition: number, how: 'crash' | 'power-loss' = 'crash'): Step {
  return {
    says: `the replicas of ${topic}-${partition} stop one by one, and the one that stopped first starts first`,
    plot(random, scene) {
      const gap = BETWEEN_US + LATER_US_MAX;
      const faults = Array.from({ length: scene.replicationFactor }, (_, i): UnnamedFault[] => {
        const replica = scene.replicationFactor - 1 - i;
        const moment = momentOf(random, scene, { at: i * gap, for: scene.replicationFactor * gap - LONGER_US_MAX });
        return replicaOf(topic, partition, replica).targets(random, scene).map((target) => ({ kind: how, ...moment, target }));
      });
      return { faults: faults.flat() };
    },
  };
}

export interface LastStanding {
  /** From when it is cut off until it loses power: long enough for its in-sync sets to become smaller. */
  readonly alone: Micros;
  readonly downFor: Micros;
}

/**
 * A broker is cut off from the other brokers, and the sets of what it leads shrink to itself. Then it loses power; it is back, alone still, before the cut is over.
 *
 *     links     ├──────────── cut ────────────┤
 *     broker            alone ├── down ──┤
 */
export function lastStanding({ alone, downFor }: LastStanding): Step {
  return {
    says: 'a broker is cut off from the other brokers, and loses power when it is alone in the in-sync sets of what it leads',
    plot(random, scene) {
      const { at } = momentOf(random, scene, { for: 0 });
      const actor = random.pick(scene.brokers);
      const loss: UnnamedFault = { kind: 'power-loss', at: at + alone + random.between(0, LATER_US_MAX), for: downFor, target: { actor } };
      return { faults: [...cut({ actor }, scene.brokers, { at, for: alone + LATER_US_MAX + downFor + SECOND }), loss] };
    },
  };
}

/** Clocks of brokers, controllers and clients jump ahead and back. */
export const clocksJump: Step = { says: 'clocks jump', plot: (random, scene) => ({ faults: clockFaults(random, scene) }) };
