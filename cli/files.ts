/** @module Files that the commands read and write. */
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UsageError, reasonOf } from './usage-error.ts';

/** Writes the whole file or nothing: beside its place first, then renamed. Makes the folder. */
export function writeWhole(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const beside = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(beside, text);
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

/** @param file below `folder`, as the user named it. @throws {UsageError} if it cannot be read or is not JSON */
export function readJson(folder: string, file: string): unknown {
  let text: string;
  try {
    text = readFileSync(resolve(folder, file), 'utf8');
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
    throw new UsageError(`${option} ${file}: cannot be written: ${reasonOf(error)}`);
  }
}
