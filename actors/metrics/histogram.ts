/** @module How large something was, since the process started: what of Kafka's (Yammer's) Histogram does not rest on a random sample. */

export class Histogram {
  #count = 0;
  #sum = 0;
  #max = -Infinity;

  update(value: number): void {
    this.#count += 1;
    this.#sum += value;
    if (value > this.#max) this.#max = value;
  }

  get count(): number {
    return this.#count;
  }

  /** 0 before the first value, as in Kafka. */
  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  /** 0 before the first value, as in Kafka. */
  get max(): number {
    return this.#count === 0 ? 0 : this.#max;
  }
}
