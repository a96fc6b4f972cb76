/**
 * @module
 * Quantiles of the exponential distribution with mean 1, as integers. The table is computed with + − × ÷ alone, which IEEE 754
 * defines to the last bit; Math.log is not, and would make two engines draw different delays.
 */

export const EXPONENTIAL_SCALE = 65_536;
const ENTRIES = 4_096;

/** Natural logarithm for x in (0, 1], by halving into [0.5, 1] and the series ln x = 2·artanh((x−1)/(x+1)). */
function naturalLogarithm(x: number): number {
  const LN_2 = 0.6931471805599453;
  let halvings = 0;
  while (x < 0.5) {
    x *= 2;
    halvings += 1;
  }
  const y = (x - 1) / (x + 1);
  const square = y * y;
  let term = y;
  let sum = 0;
  for (let n = 1; n < 40; n += 2) {
    sum += term / n;
    term *= square;
  }
  return 2 * sum - halvings * LN_2;
}

/** `ENTRIES` equally likely values; entry i is the quantile in the middle of the i-th slice, times `EXPONENTIAL_SCALE`. */
export const exponentialQuantiles: Int32Array = Int32Array.from({ length: ENTRIES }, (_, i) =>
  Math.round(-naturalLogarithm(1 - (i + 0.5) / ENTRIES) * EXPONENTIAL_SCALE),
);
