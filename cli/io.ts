/** @module All that a command sees of the world around it, so that a test can be that world. */
import { basename, relative, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { EXIT } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';
import { reasonOf } from './usage-error.ts';

export interface Io {
  /** The result, and nothing else. */
  out(text: string): void;
  /** Messages and progress. */
  err(text: string): void;
  /** Whether a person watches `err` live, and how wide it is. */
  readonly terminal: { readonly columns: number } | undefined;
  /** Folder that results are written below. */
  readonly folder: string;
  /** How this program is called from that folder. */
  readonly program: string;
  /** Calls back at every Ctrl-C (SIGINT) or SIGTERM. @returns how to stop listening */
  onInterrupt(listener: () => void): () => void;
}

/** The root of the package, where package.json lies: of the source as of the build. */
export const ROOT = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '..' : '../..', import.meta.url));

export function processIo(): Io {
  guardOutput(process.stdout, process.stderr, (code) => process.exit(code));
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    terminal: process.stderr.isTTY ? { columns: process.stderr.columns || 80 } : undefined,
    folder: process.cwd(),
    program: programName(process.argv[1] ?? '', process.cwd()),
    onInterrupt(listener) {
      process.on('SIGINT', listener);
      process.on('SIGTERM', listener);
      return () => {
        process.off('SIGINT', listener);
        process.off('SIGTERM', listener);
      };
    },
  };
}

/** Ends the program where its result cannot be written. Messages that nobody can read change nothing. */
export function guardOutput(stdout: Writable, stderr: Writable, exit: (code: ExitCode) => void): void {
  stderr.on('error', () => undefined);
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that has seen enough (`trial list | head`) is no failure.
    if (error.code === 'EPIPE') return;
    stderr.write(`trial: standard output cannot be written: ${reasonOf(error)}\n`, () => exit(EXIT.usage));
  });
}

/** What to type to call this program again: it must work when it is copied. */
function programName(script: string, folder: string): string {
  if (basename(script) === 'trial') return 'trial';
  if (resolve(folder) === resolve(ROOT)) return script.endsWith('.ts') ? 'npm run -s trial:source --' : 'npm run -s trial --';
  return `${script.endsWith('.ts') ? 'npx tsx' : 'node'} ${relative(folder, script)}`;
}
