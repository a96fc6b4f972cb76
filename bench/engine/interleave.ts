/**
 * @module
 * Timing on a machine that others use too: A B A B …, one ratio per pair, the median of the ratios. An absolute time says more
 * about the neighbours than about the code.
 */

/** @throws {RangeError} if there is none. */
export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted[sorted.length >> 1];
  if (middle === undefined) throw new RangeError('median of nothing');
  return sorted.length % 2 === 1 ? middle : (sorted[sorted.length / 2 - 1]! + middle) / 2;
}

/** One thing to measure; returns how many ms the measured part took. */
export type Timed = () => number | Promise<number>;

/** Times an action as a whole. */
export function timed(action: () => unknown): Timed {
  return () => {
    const startedAt = performance.now();
    action();
    return performance.now() - startedAt;
  };
}

/**
 * Measures both in turn, after so many rounds of warm-up. The order within a pair alternates, so that neither always runs on the
 * other's warm cache or garbage.
 * @returns per pair, how many times as fast as `base` the subject was: more is better for the subject
 */
export async function speedRatios(subject: Timed, base: Timed, pairs: number, warmUps: number): Promise<number[]> {
  const ratios: number[] = [];
  for (let round = -warmUps; round < pairs; round += 1) {
    const subjectFirst = (round & 1) === 0;
    const first = await (subjectFirst ? subject : base)();
    const second = await (subjectFirst ? base : subject)();
    if (round >= 0) ratios.push(subjectFirst ? second / first : first / second);
  }
  return ratios;
}
