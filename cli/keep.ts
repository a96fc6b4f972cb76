/** @module Keeps the artefact of a failure. */
import { resolve } from 'node:path';
import { artefactFile, artefactOf, writeArtefact } from './artefact.ts';
import type { Io } from './io.ts';
import type { TrialRun } from './trial-run.ts';
import { reasonOf } from './usage-error.ts';

/** @returns its file, below the folder of the program; undefined if it could not be written, which is said: the verdict stands without it */
export async function keep(run: TrialRun, io: Io): Promise<string | undefined> {
  const artefact = await artefactOf(run);
  const file = await artefactFile(io.folder, artefact);
  try {
    writeArtefact(resolve(io.folder, file), artefact);
    return file;
  } catch (error) {
    io.err(`trial: could not keep ${file}: ${reasonOf(error)}\n`);
    return undefined;
  }
}
