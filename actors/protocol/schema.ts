/**
 * @module
 * How messages are declared: one table of fields per message, from which the TypeScript types are inferred and the fixed msgpack
 * structures are made. Field names are the public protocol's, in camelCase. A wire codec for real clients will read the same tables.
 */

/** A type of the Kafka protocol. `out` exists for the compiler alone. */
export interface Type<T> {
  readonly kind: 'boolean' | 'int8' | 'int16' | 'int32' | 'int64' | 'float64' | 'string' | 'bytes' | 'uuid' | 'array' | 'struct';
  readonly nullable?: boolean;
  readonly element?: Type<unknown>;
  readonly fields?: Fields;
  readonly out?: T;
}

export type Fields = Readonly<Record<string, Type<unknown>>>;
export type Infer<T> = T extends Type<infer O> ? O : never;
export type InferFields<F extends Fields> = { readonly [K in keyof F]: Infer<F[K]> };

export const boolean: Type<boolean> = { kind: 'boolean' };
export const int8: Type<number> = { kind: 'int8' };
export const int16: Type<number> = { kind: 'int16' };
export const int32: Type<number> = { kind: 'int32' };
/** Offsets, epochs of brokers, times: whole numbers up to 2^53. */
export const int64: Type<number> = { kind: 'int64' };
/** Any number that is not NaN. */
export const float64: Type<number> = { kind: 'float64' };
export const string: Type<string> = { kind: 'string' };
export const bytes: Type<Uint8Array> = { kind: 'bytes' };
export const uuid: Type<string> = { kind: 'uuid' };

/** Says which message it is, for the compiler and at run time. */
export function apiKey<K extends number>(): Type<K> {
  return int16 as unknown as Type<K>;
}

export function nullable<T>(type: Type<T>): Type<T | null> {
  return { ...type, nullable: true };
}

export function array<T>(element: Type<T>): Type<readonly T[]> {
  return { kind: 'array', element };
}

export function struct<F extends Fields>(fields: F): Type<InferFields<F>> {
  return { kind: 'struct', fields };
}

/** The keys of every struct in these types, outermost first, each list once: the structures of the frame codec. */
export function structuresOf(types: readonly Type<unknown>[]): string[][] {
  const found = new Map<string, string[]>();
  const visit = (type: Type<unknown>): void => {
    if (type.element !== undefined) visit(type.element);
    if (type.fields === undefined) return;
    const keys = Object.keys(type.fields);
    found.set(keys.join(), keys);
    for (const field of Object.values(type.fields)) visit(field);
  };
  for (const type of types) visit(type);
  return [...found.values()];
}
