/** @module Which code this is: a run is only the same again on the same code. */
import { execFileSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './io.ts';

/** Marks a commit whose files were changed since. */
const CHANGED = '+changes';

/** Folders and files a run depends on. */
const CODE = ['runtime', 'actors', 'workloads', 'package-lock.json'];

/** Version of the package. */
export function version(): string {
  return (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
}

let known: string | undefined;

/** The commit of this checkout, marked if its code was changed since; the version of the package where there is no checkout. */
export function commit(): string {
  known ??= findCommit();
  return known;
}

/** Whether two runs surely had the same code. */
export function isSameCode(one: string, other: string): boolean {
  return one === other && !one.endsWith(CHANGED);
}

/** Why two runs may have had different code, for a person. */
export function differenceOfCode(kept: string, here: string): string {
  return kept === here ? `Kept at ${kept}: with changes that are in no commit, nobody can tell whether the code is the same.` : `Kept by other code: ${kept}; this is ${here}.`;
}

function findCommit(): string {
  try {
    // Installed inside somebody else's repository, git would name that one's commit.
    if (git('rev-parse', '--show-toplevel') !== realpathSync(ROOT).replace(/\/$/, '')) return version();
    return git('rev-parse', 'HEAD') + (git('status', '--porcelain', '--', ...CODE) === '' ? '' : CHANGED);
  } catch {
    return version();
  }
}

function git(...words: string[]): string {
  return execFileSync('git', words, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}
