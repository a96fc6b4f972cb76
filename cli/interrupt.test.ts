import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { interruptible } from './interrupt.ts';
import { testWorld } from './testing/cli-world.ts';

it('the first Ctrl-C stops, an echo of it does nothing, the second kills', async () => {
  const world = testWorld();
  let killed = 0;
  const { signal } = interruptible(world.io, () => (killed += 1));
  expect(signal.aborted).toBe(false);
  world.press();
  world.press();
  expect([signal.aborted, killed]).toEqual([true, 0]);
  await sleep(550);
  world.press();
  expect(killed).toBe(1);
});
