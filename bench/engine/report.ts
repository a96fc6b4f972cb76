/** @module What the engine benchmark found, as plain data, and as a person reads it. */
import { median } from './interleave.ts';

/** One measured number. */
export interface BenchSection {
  /** Stable, for machines: `phold-1024`. */
  readonly name: string;
  /** What was compared with what. */
  readonly what: string;
  /** `ratio`: how many times as fast as the base. `rate`: per second of wall time. `speed`: virtual seconds per second of wall time. */
  readonly unit: 'ratio' | 'rate' | 'speed';
  /** What it should reach; absent for the points of a curve that are only shown. */
  readonly goal?: number;
  /** Median of the samples. */
  readonly value: number;
  /** One per interleaved pair of runs, in the order they were taken. */
  readonly samples: readonly number[];
}

export interface EngineBenchReport {
  readonly node: string;
  readonly quick: boolean;
  readonly sections: readonly BenchSection[];
  readonly wallMs: number;
}

/** A section from its samples. */
export function section(about: Omit<BenchSection, 'value' | 'samples'>, samples: readonly number[]): BenchSection {
  return { ...about, value: median(samples), samples };
}

/** A missed goal is no error: on a shared machine it may be the neighbours' doing. */
export function reachesGoal({ goal, value }: BenchSection): boolean {
  return goal === undefined || value >= goal;
}

/** One line: what was measured, and what came out. */
export function formatSection(row: BenchSection): string {
  return `${row.name}: ${figure(row, row.value)} (${range(row)}) ${verdict(row)}`.trimEnd();
}

/** A table: the median, the range, the goal. */
export function formatEngineBench(report: EngineBenchReport): string {
  const rows = report.sections.map((row) => [row.name, figure(row, row.value), range(row), verdict(row), row.what]);
  const header = ['', 'median', 'min – max', 'goal', ''];
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column]!.length)));
  const lines = [header, ...rows].map((row) => row.map((cell, column) => (column === 1 || column === 2 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join('  ').trimEnd());
  const about = `Interleaved runs on Node ${report.node}${report.quick ? ', quick: fewer and shorter, so the figures are rough' : ''}; ${(report.wallMs / 1_000).toFixed(1)} s.`;
  return [...lines, '', about].join('\n');
}

function range(row: BenchSection): string {
  return `${figure(row, Math.min(...row.samples))} – ${figure(row, Math.max(...row.samples))}`;
}

function verdict(row: BenchSection): string {
  if (row.goal === undefined) return '';
  return `${reachesGoal(row) ? '✓' : '✗'} ≥ ${figure(row, row.goal)}`;
}

function figure({ unit }: BenchSection, value: number): string {
  switch (unit) {
    case 'ratio':
      return `${value.toFixed(2)}×`;
    case 'rate':
      return `${(value / 1_000).toFixed(1)} k/s`;
    case 'speed':
      return `${value.toFixed(0)} s/s`;
  }
}
