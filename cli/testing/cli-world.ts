/** @module A world for a command under test: what it writes is kept, its files go to a folder of their own. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { World } from '../command.ts';
import type { ExitCode } from '../exit-code.ts';
import { program } from '../program.ts';
import { toyTrials } from './toy-trials.ts';

export interface Ended {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
  readonly folder: string;
}

export interface TestWorld extends World {
  readonly written: { out: string; err: string };
  /** Presses Ctrl-C. */
  press(): void;
}

export function testWorld(folder: string = mkdtempSync(join(tmpdir(), 'kafka-trial-cli-')), columns?: number): TestWorld {
  const written = { out: '', err: '' };
  const listeners = new Set<() => void>();
  return {
    written,
    trials: toyTrials,
    press: () => {
      for (const listener of listeners) listener();
    },
    io: {
      out: (text) => {
        written.out += text;
      },
      err: (text) => {
        written.err += text;
      },
      terminal: columns === undefined ? undefined : { columns },
      folder,
      program: 'trial',
      onInterrupt(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  };
}

/** Performs a command line, its words parted by spaces. */
export async function trial(line: string, world: TestWorld = testWorld()): Promise<Ended> {
  const code = await program(line.split(' ').filter((word) => word !== ''), world);
  return { code, ...world.written, folder: world.io.folder };
}
