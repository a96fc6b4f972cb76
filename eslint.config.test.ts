import { ESLint } from 'eslint';
import { describe, expect, test } from 'vitest';

const eslint = new ESLint({ cwd: import.meta.dirname, overrideConfigFile: 'eslint.walls.js' });

/** What the walls say about this code, were it in this file. */
async function objections(filePath: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath });
  return result!.messages.map((message) => message.message);
}

type Case = readonly [filePath: string, code: string];

function mustBeReported(rule: RegExp, cases: readonly Case[]): void {
  test.each(cases)('%s: %s is refused', async (filePath, code) => {
    expect(await objections(filePath, code)).toEqual(expect.arrayContaining([expect.stringMatching(rule)]));
  });
}

function mustBeClean(cases: readonly Case[]): void {
  test.each(cases)('%s: %s may stand', async (filePath, code) => {
    expect(await objections(filePath, code)).toEqual([]);
  });
}

describe('arrows run one way', () => {
  mustBeReported(/Arrows run one way/, [
    ['runtime/a.ts', `import { x } from '../actors/log/log.ts';`],
    ['runtime/kernel/a.ts', `import type { X } from '../../workloads/x.ts';`],
    ['runtime/workers/a.ts', `import { x } from '../../bench/x.ts';`],
    ['runtime/workers/boot.mjs', `import '../../cli/main.ts';`],
    ['runtime/kernel/a.test.ts', `import { x } from '../../actors/x.ts';`],
    ['actors/a.ts', `import { x } from '../runtime/kernel/event-queue.ts';`],
    ['actors/a.ts', `import type { Disk } from '../runtime/disk/disk.ts';`],
    ['actors/log/deep/a.ts', `export * from '../../../runtime/actor.ts';`],
    ['actors/log/a.ts', `export { x } from '../../runtime/actor.ts';`],
    ['actors/log/a.ts', `type X = import('../../runtime/actor.ts').X;`],
    ['actors/log/a.ts', `import { x } from '../broker/../../runtime/actor.ts';`],
    ['actors/log/a.ts', `import { x } from '../../workloads/transfer.ts';`],
    ['actors/log/a.test.ts', `import { x } from '../../workloads/transfer.ts';`],
    ['actors/log/a.ts', `import { x } from '../../bench/x.ts';`],
    ['actors/log/a.ts', `import { x } from '../../cli/main.ts';`],
    ['workloads/checkers/a.ts', `import { x } from '../../cli/run.ts';`],
    ['workloads/a.ts', `import { x } from '../bench/engine.ts';`],
    ['bench/a.ts', `import { x } from '../cli/run.ts';`],
    ['bench/a.ts', `const x = await import('../cli/run.ts');`],
  ]);
  mustBeReported(/Nothing imports from dist/, [
    ['cli/a.ts', `import { x } from '../dist/cli/main.js';`],
    ['actors/log/a.ts', `import { x } from '../../dist/actors/log/log.js';`],
    ['smoke.test.ts', `import { x } from './dist/runtime/index.js';`],
    ['bench/a.ts', `const x = require('../dist/bench/engine.js');`],
  ]);
  mustBeReported(/is for tests/, [
    ['runtime/kernel/a.ts', `import { x } from '../testing/run.ts';`],
    ['bench/a.ts', `import { x } from '../actors/log/testing/batches.ts';`],
    ['actors/a.ts', `import { x } from './b.test.ts';`],
  ]);
  mustBeClean([
    ['actors/log/a.ts', `import { type Task, seconds } from '../../runtime/index.ts';`],
    ['actors/log/a.ts', `import { x } from '../protocol/produce.ts';`],
    ['actors/runtime/a.ts', `import { x } from '../runtime/b.ts';`],
    ['actors/log/a.test.ts', `import { x } from '../../runtime/disk/simulated-disk.ts';`],
    ['actors/log/testing/a.ts', `import { x } from '../../../runtime/testing/run.ts';`],
    ['workloads/a.ts', `import { x } from '../actors/log/log.ts'; import { y } from '../runtime/simulation.ts';`],
    ['bench/a.ts', `import { x } from '../workloads/transfer.ts'; import { y } from '../runtime/kernel/event-queue.ts';`],
    ['cli/a.ts', `import { x } from '../workloads/transfer.ts'; import { y } from '../bench/engine.ts';`],
  ]);
});

describe('seedrandom and comlink have one place each', () => {
  mustBeReported(/'seedrandom' belongs to runtime\/random\//, [
    ['runtime/kernel/a.ts', `import alea from 'seedrandom/lib/alea.js';`],
    ['actors/a.test.ts', `import seedrandom from 'seedrandom';`],
    ['bench/a.ts', `import seedrandom from 'seedrandom';`],
  ]);
  mustBeReported(/'comlink' belongs to runtime\/workers\//, [
    ['runtime/trace/a.ts', `import { wrap } from 'comlink';`],
    ['cli/a.ts', `import * as comlink from 'comlink';`],
  ]);
  mustBeClean([
    ['runtime/random/random.ts', `import alea from 'seedrandom/lib/alea.js';`],
    ['runtime/workers/pool.ts', `import { wrap } from 'comlink';`],
    ['runtime/network/codec.ts', `import { pack } from 'msgpackr';`],
  ]);
});

describe('simulated code depends on its seed alone', () => {
  mustBeReported(/Determinism wall: simulated code imports no Node module/, [
    ['actors/a.ts', `import { readFileSync } from 'node:fs';`],
    ['actors/a.ts', `import type { Worker } from 'worker_threads';`],
    ['workloads/a.ts', `import { join } from 'path';`],
    ['workloads/a.ts', `import { readFile } from 'fs/promises';`],
    ['runtime/kernel/a.ts', `export { performance } from 'node:perf_hooks';`],
    ['runtime/trace/digest.ts', `import { createHash } from 'crypto';`],
    ['runtime/disk/simulated-disk.ts', `import { open } from 'node:fs';`],
  ]);

  const everywhere = ['actors/broker/a.ts', 'workloads/checkers/a.ts', 'runtime/kernel/a.ts'];
  const inAll = (...lines: string[]): Case[] => everywhere.flatMap((path) => lines.map((line): Case => [path, line]));
  mustBeReported(/Determinism wall/, inAll(
    'const x = Math.random();',
    'const { random } = Math;',
    `const x = Math['random']();`,
    'const M = Math;',
    'const x = crypto.randomUUID();',
    'const x = Date.now();',
    'const x = new Date();',
    'const x = globalThis.Date.now();',
    'const x = performance.now();',
    'setTimeout(f, 1);',
    'setInterval(f, 1);',
    'setImmediate(f);',
    'queueMicrotask(f);',
    'const x = process.hrtime();',
    'process.nextTick(f);',
    'console.log(1);',
    'const x = Math.log(2);',
    'const x = Math.pow(a, b);',
    'const x = Math.atan2(1, 2);',
    'const { log2 } = Math;',
    'const x = a ** b;',
    'let x = 2; f(() => { x **= 0.5; });',
    'const x = a.localeCompare(b);',
    'const x = n.toLocaleString();',
    'const x = new Intl.NumberFormat();',
    'const x = new WeakRef(a);',
    'const x = new FinalizationRegistry(f);',
    'a.sort();',
    'const x = a?.toSorted();',
    'for (const key in a) f(key);',
    'const x = new Error().stack;',
    'const { stack } = error;',
    'Error.captureStackTrace(a);',
  ));
  mustBeClean(inAll(
    'const x = Math.floor(Math.sqrt(2)) + Math.imul(3, 4);',
    'const { floor, min } = Math;',
    'const x = 2 ** 32;',
    'a.sort((left, right) => left - right);',
    'const table: readonly number[] = [1, 2];',
    'for (const key of a) f(key);',
    'function* task(context) { yield* context.sleep(5); }',
    'const x = { Date: 1, process: 2 }.process;',
  ));
});

describe("the machine's side of the runtime", () => {
  mustBeClean([
    ['runtime/workers/pool.ts', `import { Worker } from 'node:worker_threads'; const x = performance.now(); setTimeout(f, 1); process.exit(3);`],
    ['runtime/trace/trace-file.ts', `import { createWriteStream } from 'node:fs'; const x = Date.now();`],
    ['runtime/disk/real-disk.ts', `import { openSync } from 'node:fs';`],
    ['runtime/random/random.ts', `import { x } from 'node:crypto';`],
    ['runtime/kernel/guards.ts', 'Math.random = refuse; globalThis.Date = refuse; Math.log = refuse;'],
    ['runtime/network/codec.ts', 'const x = Buffer.alloc(1); async function f() { await g(); }'],
  ]);
  mustBeReported(/Determinism wall/, [
    ['runtime/workers/pool.ts', 'const x = Math.random();'],
    ['runtime/random/exponential.ts', 'const x = -Math.log(u);'],
    ['runtime/workers/pool.ts', 'ids.sort();'],
  ]);
});

describe('actors and workloads wait in tasks and share nothing', () => {
  const players = ['actors/broker/a.ts', 'workloads/a.ts'];
  const inBoth = (...lines: string[]): Case[] => players.flatMap((path) => lines.map((line): Case => [path, line]));
  mustBeReported(/Actors wait in generator tasks/, inBoth(
    'async function f() {}',
    'const f = async () => 1;',
    'class A { async f() {} }',
    'await f();',
    'const x = new Promise(f);',
    'const x = Promise.resolve(1);',
    'function f(): Promise<void> {}',
    'for await (const x of a) f(x);',
  ));
  mustBeReported(/Actors and workloads are loaded before the run/, inBoth(`const x = import(name);`));
  mustBeReported(/Buffer is of Node/, inBoth('const x = Buffer.alloc(1);'));
  mustBeReported(/Actors share nothing/, inBoth('const x = new SharedArrayBuffer(8);'));
  mustBeReported(/Module state/, inBoth(
    'let count = 0;',
    'export let count = 0;',
    'var count = 0;',
    'class A { static count = 0; }',
    'const cache = new Map();',
    'const cache: Map<string, number> = new Map();',
    'export const seen = new Set<string>();',
    'const queue: string[] = [];',
  ));
  mustBeClean(inBoth(
    'const x = 1;',
    'const table: ReadonlyMap<string, number> = new Map([["a", 1]]);',
    'class A { static readonly limit = 1; #count = 0; }',
    'function f() { let count = 0; const seen = new Map(); return [count, seen]; }',
  ));
});

describe('tests may wait, keep state and read files, and still draw nothing from the machine', () => {
  mustBeClean([
    ['actors/log/a.test.ts', `import { readFileSync } from 'node:fs'; let x = 0; await f(async () => { x += Math.log(2); });`],
    ['runtime/workers/a.test.ts', 'setTimeout(f, 1); const x = performance.now();'],
    ['runtime/kernel/guards.test.ts', 'expect(() => Math.random()).toThrow(); expect(() => Date.now()).toThrow();'],
  ]);
  mustBeReported(/Determinism wall/, [
    ['actors/log/a.test.ts', 'const x = Math.random();'],
    ['workloads/a.test.ts', 'const x = Date.now();'],
    ['runtime/testing/a.ts', 'const x = new Date();'],
  ]);
});
