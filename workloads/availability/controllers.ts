/** @module How long the cluster was without an active controller: from the moment at which it is dead or stands still until another one takes requests (KR-12). */
import { controllerNameOf } from '../../actors/client/bootstrap.ts';
import type { Observation } from '../../actors/observation.ts';
import type { Micros } from '../../runtime/index.ts';
import type { JudgedEvent } from '../../runtime/simulation.ts';

export interface ControllerLoss {
  /** What became of it: `crash`, `power-loss`, `pause`, … */
  readonly cause: string;
  readonly at: Micros;
  /** From `at` until another one was active; null: it never came to that. */
  readonly activatedUs: Micros | null;
}

export class ControllerLosses {
  readonly #list: { readonly cause: string; readonly at: Micros; activatedUs: Micros | null }[] = [];
  #active: string | undefined;

  see({ time, actor, event }: JudgedEvent, observation: Observation | undefined): void {
    if (observation?.kind === 'controller-activated') {
      const open = this.#list.at(-1);
      if (open !== undefined) open.activatedUs ??= time - open.at;
      this.#active = controllerNameOf(observation.node);
    }
    if (actor !== this.#active) return;
    if (event.type === 'process-stopped') this.#lost(event.how, time);
    else if (event.type === 'process-paused') this.#lost('pause', time);
  }

  /** Those that came before a moment, in order. */
  before(until: Micros): readonly ControllerLoss[] {
    return this.#list.filter(({ at }) => at < until);
  }

  get kept(): number {
    return this.#list.length;
  }

  #lost(cause: string, time: Micros): void {
    this.#active = undefined;
    this.#list.push({ cause, at: time, activatedUs: null });
  }
}
