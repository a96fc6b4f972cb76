/** @module What is wrong with a disk at present. Faults may overlap; each counts until its own end. */
import type { DiskFaultKind } from '../faults/plan.ts';
import type { Micros } from '../units.ts';

interface Trouble {
  readonly kind: DiskFaultKind;
  readonly amount: number;
  readonly until: Micros;
}

export class DiskTroubles {
  readonly #inForce = new Map<string, Trouble>();
  /** No operation that needs the device is done before this. */
  hungUntil: Micros = 0;
  /** What every operation that needs the device takes longer. */
  addedUs: Micros = 0;
  /** No block is free. */
  isFull = false;
  /** Everything that needs the device fails. */
  isBroken = false;
  /** What a sync should write does not reach the device. */
  losesWrites = false;

  begin(faultId: string, kind: DiskFaultKind, amount: number, until: Micros): void {
    this.#inForce.set(faultId, { kind, amount, until });
    this.#sumUp();
  }

  end(faultId: string): void {
    this.#inForce.delete(faultId);
    this.#sumUp();
  }

  #sumUp(): void {
    const troubles = [...this.#inForce.values()];
    const has = (kind: DiskFaultKind): boolean => troubles.some((trouble) => trouble.kind === kind);
    this.hungUntil = troubles.reduce((latest, { kind, until }) => (kind === 'disk-hung' ? Math.max(latest, until) : latest), 0);
    this.addedUs = troubles.reduce((sum, { kind, amount }) => (kind === 'disk-slow' ? sum + amount : sum), 0);
    this.isFull = has('disk-full');
    this.isBroken = has('disk-error');
    this.losesWrites = has('disk-fsync-error');
  }
}
