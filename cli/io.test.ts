import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { expect, it } from 'vitest';
import { EXIT } from './exit-code.ts';
import { guardOutput } from './io.ts';

/** Writes to a standard output that fails. */
async function write(failure: NodeJS.ErrnoException): Promise<{ readonly said: string; readonly exits: readonly number[] }> {
  let said = '';
  const exits: number[] = [];
  const stdout = new Writable({ write: (_chunk, _encoding, done) => done(failure) });
  const stderr = new Writable({
    write(chunk, _encoding, done) {
      said += String(chunk);
      done();
    },
  });
  guardOutput(stdout, stderr, (code) => exits.push(code));
  stdout.write('a result');
  await finished(stdout).catch(() => undefined);
  await new Promise(setImmediate);
  return { said, exits };
}

it('a result that cannot be written is one message, and exit code 2', async () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  expect(await write(full)).toEqual({ said: 'trial: standard output cannot be written: no space left on device\n', exits: [EXIT.usage] });
});

it('a reader that has seen enough is no failure', async () => {
  expect(await write(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))).toEqual({ said: '', exits: [] });
});
