/** @module What the checkers of one run share: fed before them with every event, so that they may ask what came before. */
import type { Observation } from '../../actors/observation.ts';
import type { JudgedEvent } from '../../runtime/simulation.ts';
import type { Promises } from './checker.ts';
import { ClusterHistory } from './cluster-history.ts';
import { Ledger } from './ledger.ts';

export class History {
  readonly cluster: ClusterHistory;
  readonly ledger: Ledger;

  constructor(promises: Promises) {
    this.cluster = new ClusterHistory(promises);
    this.ledger = new Ledger(this.cluster);
  }

  see(event: JudgedEvent, observation: Observation | undefined): void {
    this.cluster.see(event, observation);
    this.ledger.see(event, observation);
  }

  get kept(): number {
    return this.cluster.kept + this.ledger.kept;
  }
}
