/** A broker that nobody takes in (BL-6). */
import { expect, it } from 'vitest';
import type { TimedFault } from '../../runtime/faults/plan.ts';
import { SECOND } from '../../runtime/index.ts';
import { brokerName, controllerName } from '../client/bootstrap.ts';
import { runCluster } from '../testing/cluster.ts';
import { createTopic, isr, ofKind, produceTo } from '../testing/cluster-scripts.ts';

const TIMEOUT_MS = 5_000;
const AWAY_UNTIL = 40 * SECOND;

it('BL-6: while the controller is away the broker ends and is started again, over and over; it comes back with its logs whole', () => {
  const faults: TimedFault[] = [
    { id: 'stop', kind: 'shutdown', at: 10 * SECOND, for: 8 * SECOND, target: { actor: brokerName(2) } },
    { id: 'away', kind: 'crash', at: 16 * SECOND, for: AWAY_UNTIL - 16 * SECOND, target: { actor: controllerName(0) } },
  ];
  const run = runCluster({
    seed: 'unregistered',
    config: { 'initial.broker.registration.timeout.ms': TIMEOUT_MS, 'controlled.shutdown.enable': true },
    faults,
    scripts: {
      *client(context) {
        yield* createTopic(context);
        for (let i = 0; i < 5; i += 1) yield* produceTo(context, 0);
        yield* context.sleep(60 * SECOND - context.now);
      },
    },
  });
  const lives = run.lives.filter((life) => life.includes(brokerName(2))).map((life) => ({ at: Number(life.split(' ')[0]), what: life.split(' ').at(-1) }));
  const halts = lives.filter(({ what }) => what === 'halt');
  // Started at 18, 24, 30 and 36 s.
  expect(halts.length).toBe(3);
  const starts = lives.filter(({ what }) => what === 'started');
  for (const [i, { at }] of halts.entries()) expect(Math.floor((at - starts[i]!.at) / SECOND)).toBe(TIMEOUT_MS / 1_000);
  expect(ofKind(run, 'broker-registered').filter(({ broker, time }) => broker === 2 && time > AWAY_UNTIL).length).toBe(1);
  expect(isr(run)).toEqual([0, 1, 2]);
  const opened = ofKind(run, 'log-opened').filter(({ broker, time }) => broker === 2 && time > 16 * SECOND);
  expect(opened.length).toBe(4);
  // Of a log that was closed in good order nothing is read again.
  for (const { recoveredFrom, logEndOffset } of opened) expect(recoveredFrom).toBe(logEndOffset);
});
