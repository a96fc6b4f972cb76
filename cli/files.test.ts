import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeWhole } from './files.ts';

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'kafka-trial-files-'));

it('a file is written whole, in folders made for it, and again in its own place', () => {
  const folder = newFolder();
  const file = join(folder, 'deep', 'a.json');
  writeWhole(file, 'one');
  writeWhole(file, 'two');
  expect(readFileSync(file, 'utf8')).toBe('two');
  expect(readdirSync(join(folder, 'deep'))).toEqual(['a.json']);
});

it('what is no regular file is written to, and not replaced', () => {
  const folder = newFolder();
  const link = join(folder, 'link');
  writeFileSync(join(folder, 'real'), 'old');
  symlinkSync('real', link);
  writeWhole(link, 'new');
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(folder, 'real'), 'utf8')).toBe('new');
});

it('a folder is refused and stays', () => {
  const folder = newFolder();
  mkdirSync(join(folder, 'there'));
  expect(() => writeWhole(join(folder, 'there'), 'x')).toThrow('EISDIR');
  expect(readdirSync(folder)).toEqual(['there']);
});
