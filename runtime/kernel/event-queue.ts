/**
 * @module
 * The queue of pending events: a 4-ary heap over typed arrays, ordered by (time, order). Every event sits in a slot, and the heap
 * knows where each slot stands, so that a cancelled timer leaves the queue at once instead of lying there dead until it is due.
 *
 *     heap position ──► time, order, slot        slot ──► position, target, payload
 *
 * The sift loops are stand-alone functions over the arrays, not closures: two to three times faster.
 */
import type { Micros } from '../units.ts';

const INITIAL_CAPACITY = 1_024;
/** Position of a slot that is not in the heap. */
const ABSENT = -1;

/** Moves the entry (time, order, slot) up from `position` to where it belongs. */
function siftUp(times: Float64Array, orders: Float64Array, slots: Int32Array, positions: Int32Array, position: number, time: number, order: number, slot: number): void {
  while (position > 0) {
    const parent = (position - 1) >> 2;
    const parentTime = times[parent]!;
    if (parentTime < time || (parentTime === time && orders[parent]! <= order)) break;
    times[position] = parentTime;
    orders[position] = orders[parent]!;
    const moved = slots[parent]!;
    slots[position] = moved;
    positions[moved] = position;
    position = parent;
  }
  times[position] = time;
  orders[position] = order;
  slots[position] = slot;
  positions[slot] = position;
}

/** Moves the entry (time, order, slot) down from `position` to where it belongs, in a heap of `size` entries. */
function siftDown(times: Float64Array, orders: Float64Array, slots: Int32Array, positions: Int32Array, size: number, position: number, time: number, order: number, slot: number): void {
  for (;;) {
    const first = (position << 2) + 1;
    if (first >= size) break;
    let least = first;
    let leastTime = times[first]!;
    const end = first + 4 < size ? first + 4 : size;
    for (let child = first + 1; child < end; child += 1) {
      const childTime = times[child]!;
      if (childTime < leastTime || (childTime === leastTime && orders[child]! < orders[least]!)) {
        least = child;
        leastTime = childTime;
      }
    }
    if (time < leastTime || (time === leastTime && order <= orders[least]!)) break;
    times[position] = leastTime;
    orders[position] = orders[least]!;
    const moved = slots[least]!;
    slots[position] = moved;
    positions[moved] = position;
    position = least;
  }
  times[position] = time;
  orders[position] = order;
  slots[position] = slot;
  positions[slot] = position;
}

function grown<T extends Float64Array | Int32Array>(array: T, capacity: number): T {
  const larger = new (array.constructor as new (length: number) => T)(capacity);
  larger.set(array);
  return larger;
}

export class EventQueue<Payload> {
  #times = new Float64Array(INITIAL_CAPACITY);
  #orders = new Float64Array(INITIAL_CAPACITY);
  #slots = new Int32Array(INITIAL_CAPACITY);
  #positions = new Int32Array(INITIAL_CAPACITY).fill(ABSENT);
  #targets = new Int32Array(INITIAL_CAPACITY);
  #payloads: (Payload | undefined)[] = new Array<Payload | undefined>(INITIAL_CAPACITY).fill(undefined);
  #free = new Int32Array(INITIAL_CAPACITY);
  #freeCount = 0;
  #used = 0;
  #size = 0;

  /** The event that the last `pop` took out. Plain fields: a pop allocates nothing. */
  time: Micros = 0;
  order = 0;
  target = 0;
  payload: Payload | undefined;

  get size(): number {
    return this.#size;
  }

  /** When the next event is due; Infinity if there is none. */
  get headTime(): Micros {
    return this.#size === 0 ? Infinity : this.#times[0]!;
  }

  /** Adds an event and returns its slot, by which it can be removed until it is popped. */
  push(time: Micros, order: number, target: number, payload: Payload | undefined): number {
    let slot: number;
    if (this.#freeCount > 0) {
      this.#freeCount -= 1;
      slot = this.#free[this.#freeCount]!;
    } else {
      if (this.#used === this.#times.length) this.#grow();
      slot = this.#used;
      this.#used += 1;
    }
    this.#targets[slot] = target;
    this.#payloads[slot] = payload;
    const position = this.#size;
    this.#size += 1;
    siftUp(this.#times, this.#orders, this.#slots, this.#positions, position, time, order, slot);
    return slot;
  }

  /** Takes out the first event, into the fields above. @throws {RangeError} if there is none. */
  pop(): void {
    if (this.#size === 0) throw new RangeError('pop: the queue is empty');
    const slot = this.#slots[0]!;
    this.time = this.#times[0]!;
    this.order = this.#orders[0]!;
    this.target = this.#targets[slot]!;
    this.payload = this.#payloads[slot];
    this.#release(slot);
    const last = this.#size - 1;
    this.#size = last;
    if (last > 0) siftDown(this.#times, this.#orders, this.#slots, this.#positions, last, 0, this.#times[last]!, this.#orders[last]!, this.#slots[last]!);
  }

  /** Takes an event out before it is due. @throws {RangeError} if the slot holds none. */
  remove(slot: number): void {
    const position = this.#positions[slot];
    if (position === undefined || position === ABSENT) throw new RangeError(`remove: slot ${slot} holds no event`);
    this.#release(slot);
    const last = this.#size - 1;
    this.#size = last;
    if (position === last) return;
    const time = this.#times[last]!;
    const order = this.#orders[last]!;
    const moved = this.#slots[last]!;
    const parent = (position - 1) >> 2;
    const rises = position > 0 && (time < this.#times[parent]! || (time === this.#times[parent]! && order < this.#orders[parent]!));
    if (rises) siftUp(this.#times, this.#orders, this.#slots, this.#positions, position, time, order, moved);
    else siftDown(this.#times, this.#orders, this.#slots, this.#positions, last, position, time, order, moved);
  }

  /** Slots of the events that `matches`, in no particular order. Walks the whole queue: for crashes, not for every day. */
  slotsWhere(matches: (target: number, order: number) => boolean): number[] {
    const found: number[] = [];
    for (let position = 0; position < this.#size; position += 1) {
      const slot = this.#slots[position]!;
      if (matches(this.#targets[slot]!, this.#orders[position]!)) found.push(slot);
    }
    return found;
  }

  #release(slot: number): void {
    this.#positions[slot] = ABSENT;
    this.#payloads[slot] = undefined;
    this.#free[this.#freeCount] = slot;
    this.#freeCount += 1;
  }

  #grow(): void {
    const capacity = this.#times.length * 2;
    this.#times = grown(this.#times, capacity);
    this.#orders = grown(this.#orders, capacity);
    this.#slots = grown(this.#slots, capacity);
    const positions = new Int32Array(capacity).fill(ABSENT);
    positions.set(this.#positions);
    this.#positions = positions;
    this.#targets = grown(this.#targets, capacity);
    this.#free = grown(this.#free, capacity);
    for (let slot = this.#payloads.length; slot < capacity; slot += 1) this.#payloads.push(undefined);
  }
}
