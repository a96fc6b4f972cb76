/** @module Ids that nobody shares, drawn at random: of topics, of a broker's incarnation. */
import type { Random } from '../../runtime/index.ts';

/** A random UUID (version 4, RFC 9562) as text. */
export function randomUuid(random: Random): string {
  const hex = (digits: number): string => Array.from({ length: digits }, () => random.below(16).toString(16)).join('');
  const variant = (8 + random.below(4)).toString(16);
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${variant}${hex(3)}-${hex(12)}`;
}
