/** @module The public face of the runtime: all that actors may import. */
export { ActorError, ConnectionError } from './actor.ts';
export type { Actor, ActorContext, Caller, Connection, ConnectionFailure, Request, RequestHandler, Signal, SpawnedTask } from './actor.ts';
export { DiskError } from './disk/disk.ts';
export type { Disk, DiskErrorCode } from './disk/disk.ts';
export { nearest } from './nearest.ts';
export type { Random } from './random/random.ts';
export { done } from './task.ts';
export type { Task } from './task.ts';
export { MILLISECOND, MINUTE, SECOND, milliseconds, seconds } from './units.ts';
export type { Micros } from './units.ts';
