/** @module What a second run on another number of workers says about the first, as a person reads it. */
import type { Verification } from '../runtime/workers/verify.ts';
import { several, virtualTime } from './format.ts';

export function verifyText(verification: Verification): string {
  const [one, other] = verification.workers.map((workers) => several(workers, 'worker')) as [string, string];
  switch (verification.outcome) {
    case 'same':
      return `✓ Verified: on ${other} the digest is the same as on ${one}.\n`;
    case 'stopped':
      return 'Not verified: stopped by hand.\n';
    case 'different': {
      const { digests, difference } = verification;
      const lines = [
        `✗ Not deterministic: the digest is ${digests[0]} on ${one}, ${digests[1]} on ${other}.`,
        `  The first event that differs: ${difference.actor}, virtual ${virtualTime(difference.time)}`,
        `    on ${one}:  ${difference.one ?? 'no such event'}`,
        `    on ${other}:  ${difference.other ?? 'no such event'}`,
      ];
      return `${lines.join('\n')}\n`;
    }
    case 'not-located':
      return `✗ Not deterministic: the digest is ${verification.digests[0]} on ${one}, ${verification.digests[1]} on ${other}.\n  The first event that differs was not found: ${verification.because}.\n`;
  }
}

/** The same run came out differently: the simulator itself has failed. */
export function isBroken(verification: Verification | undefined): boolean {
  return verification?.outcome === 'different' || verification?.outcome === 'not-located';
}
