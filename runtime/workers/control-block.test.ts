import { describe, expect, it } from 'vitest';
import { ControlBlock, RunAborted } from './control-block.ts';

const nothing = { nextTime: Infinity, finished: 0, lastFinish: 0, stopping: false };

describe('a control block', () => {
  it('gathers what all workers published: the earliest event, all who finished, any wish to stop', () => {
    const control = new ControlBlock(3);
    control.publish(0, 0, { nextTime: 500, finished: 1, lastFinish: 90, stopping: false });
    control.publish(1, 0, { nextTime: 300, finished: 2, lastFinish: 80, stopping: true });
    control.publish(2, 0, nothing);
    expect(control.gathered(0)).toEqual({ nextTime: 300, finished: 3, lastFinish: 90, stopping: true });
  });

  it('keeps what was said of one window while a fast worker is in the next', () => {
    const control = new ControlBlock(2);
    for (const worker of [0, 1]) control.publish(worker, 0, { ...nothing, nextTime: 10 });
    control.publish(0, 1, { ...nothing, nextTime: 99, stopping: true });
    expect(control.gathered(0)).toMatchObject({ nextTime: 10, stopping: false });
  });

  it('is one block on every thread that attaches to its memory', () => {
    const control = new ControlBlock(2);
    const attached = ControlBlock.attach(2, control.buffer);
    attached.progressed(0, 7, 100);
    attached.progressed(1, 9, 50);
    attached.beat(1);
    attached.enter(1, 0);
    expect(control.progress).toEqual({ time: 9, events: 150 });
    expect([control.beats(0), control.beats(1), control.actorOf(0), control.actorOf(1)]).toEqual([0, 1, -1, 0]);
    control.stop();
    expect([attached.isStopping, attached.isAborted]).toEqual([true, false]);
    control.abort();
    expect(attached.isAborted).toBe(true);
    expect(() => ControlBlock.attach(3, control.buffer)).toThrow(expect.objectContaining({ code: 'format' }) as Error);
  });

  it('lets nobody wait who is aborted, and drains and gives signs of life while waiting', () => {
    const control = new ControlBlock(2);
    let drains = 0;
    const meanwhile = (): void => {
      drains += 1;
      if (drains === 3) control.abort();
    };
    expect(() => control.barrier(0, meanwhile)).toThrow(RunAborted);
    expect(drains).toBe(3);
    expect(control.beats(0)).toBe(3);
    expect(() => control.pause(0, meanwhile)).toThrow(RunAborted);
    const alone = new ControlBlock(1);
    alone.barrier(0, meanwhile);
    alone.abort();
    expect(() => alone.barrier(0, meanwhile)).toThrow(RunAborted);
  });

  it('lets through who has come to a barrier that all have passed, even if another aborted right behind it', () => {
    const control = new ControlBlock(2);
    control.barrier(0, () => {
      control.barrier(1, () => undefined);
      control.abort();
    });
    expect(() => control.barrier(0, () => undefined)).toThrow(RunAborted);
  });
});
