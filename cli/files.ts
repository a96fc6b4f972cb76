/** @module Files that the commands read and write. */
import { closeSync, lstatSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UsageError, reasonOf } from './usage-error.ts';

/** What `format` says in an artefact. */
export const ARTEFACT_FORMAT = 'kafka-trial-artefact';

/** Files that are read are smaller than this by far. */
const READ_BYTES_MAX = 64 * 1024 * 1024;

/** Writes the whole file or nothing: beside its place first, then renamed. What is no file (a device, a pipe, a link) stays, and is written to. Makes the folder. */
export function writeWhole(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  if (lstatSync(file, { throwIfNoEntry: false })?.isFile() === false) {
    writeFileSync(file, text);
    return;
  }
  const beside = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(beside, text);
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

/** @param file below `folder`, as the user named it. @throws {UsageError} if it cannot be read, is no regular file or too large, or is not JSON */
export function readJson(folder: string, file: string): unknown {
  const path = resolve(folder, file);
  let text: string;
  try {
    const stat = statSync(path);
    if (!stat.isFile()) throw new Error('not a regular file');
    if (stat.size > READ_BYTES_MAX) throw new Error(`larger than ${READ_BYTES_MAX / 1024 / 1024} MB`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${reasonOf(error)}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${file} is not JSON`);
  }
}

/**
 * Finds out before the work, not after it, that a file cannot be written. Makes its folder.
 * @param file below `folder`, as the user named it
 * @returns its full path
 * @throws {UsageError}
 */
export function writable(folder: string, file: string, option: string): string {
  const path = resolve(folder, file);
  try {
    mkdirSync(dirname(path), { recursive: true });
    closeSync(openSync(path, 'a'));
    return path;
  } catch (error) {
    throw unwritable(option, file, error);
  }
}

/** @throws {UsageError} if the folder of the file is not there */
export function inFolder(folder: string, file: string, option: string): void {
  const path = dirname(resolve(folder, file));
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw new UsageError(`${option} ${file}: there is no folder ${path}`);
}

export function unwritable(option: string, file: string, error: unknown): UsageError {
  return new UsageError(`${option} ${file}: cannot be written: ${reasonOf(error)}`);
}
