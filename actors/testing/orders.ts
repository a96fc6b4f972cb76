/** @module Test support: an application that writes named records to `orders-0` and looks for them again, broker by broker. */
import { ConnectionError, MILLISECOND, SECOND } from '../../runtime/index.ts';
import type { ActorContext, Connection, Micros, Task } from '../../runtime/index.ts';
import { Admin } from '../admin/admin.ts';
import { brokerName } from '../client/bootstrap.ts';
import { ADMIN_CONFIG } from '../config/admin-config.ts';
import { parseConfig } from '../config/config-definition.ts';
import { readRecords } from '../log/records.ts';
import { batchPositions, baseOffsetOf } from '../log/record-batch.ts';
import { fetchFrom, produceTo } from './requests.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Sleeps until a moment of the run. */
export function* until(context: ActorContext, at: Micros): Task {
  yield* context.sleep(Math.max(0, at - context.now));
}

/** Does something over a connection of its own; undefined if the broker could not be reached, or did not answer. */
function* asking<T>(context: ActorContext, broker: number, ask: (connection: Connection) => Task<T>): Task<T | undefined> {
  try {
    const connection = yield* context.connect(brokerName(broker), SECOND);
    const answer = yield* ask(connection);
    connection.close();
    return answer;
  } catch (error) {
    if (error instanceof ConnectionError) return undefined;
    throw error;
  }
}

/** Writes one record to a broker. @returns its offset if it was acknowledged, else the error code; −1: no answer */
export function* write(context: ActorContext, broker: number, value: string, acks = -1, timeoutMs = 5_000): Task<{ readonly offset: number } | { readonly error: number }> {
  const answer = yield* asking(context, broker, (connection) => produceTo(connection, acks, timeoutMs, encoder.encode(value)));
  return answer?.errorCode === 0 ? { offset: answer.baseOffset } : { error: answer?.errorCode ?? -1 };
}

/** Writes one record to whoever takes it, until somebody has acknowledged it. @returns its offset */
export function* writeSomewhere(context: ActorContext, brokers: readonly number[], value: string, acks = -1): Task<number> {
  for (;;) {
    for (const broker of brokers) {
      const answer = yield* write(context, broker, value, acks);
      if ('offset' in answer) return answer.offset;
    }
    yield* context.sleep(100 * MILLISECOND);
  }
}

/** Gives `orders-0` to the first of these replicas, which must be in sync: they are put in this order, and the preferred leader is elected. */
export function* lead(context: ActorContext, replicas: readonly number[]): Task {
  const orders = { topic: 'orders', partition: 0 };
  const admin = new Admin(context, { clientId: 'test', bootstrapServers: replicas.map(brokerName), config: parseConfig(ADMIN_CONFIG, {}) });
  const outcomes = [...(yield* admin.alterPartitionReassignments([{ ...orders, replicas }])), ...(yield* admin.electLeaders('preferred', [orders]))];
  admin.close();
  const failed = outcomes.find(({ error }) => error !== 'NONE');
  if (failed !== undefined) throw new Error(`leadership stays: ${failed.error}`);
}

/** What a broker shows a consumer of `orders-0`, from its start; `values[offset]`. Undefined: it shows nothing, for it has no leader or cannot be reached. */
export function* show(context: ActorContext, broker: number): Task<readonly string[] | undefined> {
  const values: string[] = [];
  for (;;) {
    const fetched = yield* asking(context, broker, (connection) => fetchFrom(connection, values.length));
    if (fetched === undefined || fetched.errorCode !== 0) return undefined;
    if (fetched.records.length === 0) return values;
    for (const position of batchPositions(fetched.records)) {
      const baseOffset = baseOffsetOf(fetched.records, position);
      readRecords(fetched.records, position).forEach(({ value }, i) => (values[baseOffset + i] = decoder.decode(value)));
    }
  }
}
