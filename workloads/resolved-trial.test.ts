import { describe, expect, test } from 'vitest';
import { resolveTrial } from './resolved-trial.ts';
import type { TrialArgument } from './trial.ts';

function resolve(settings: Record<string, string>, more: Partial<TrialArgument> = {}): ReturnType<typeof resolveTrial> {
  return resolveTrial({ workload: 'first-cluster', seed: '1', protocol: '4.2', settings, ...more });
}

describe('settings', () => {
  test('without a prefix a key counts in every scope that has it', () => {
    expect(resolve({ 'request.timeout.ms': '9000' })).toMatchObject({ resolved: { producers: [{ config: { 'request.timeout.ms': 9_000 } }], consumers: [{ config: { 'request.timeout.ms': 9_000 } }] } });
  });

  test('with a prefix only there', () => {
    const result = resolve({ 'consumer.request.timeout.ms': '9000' });
    expect(result).toMatchObject({ resolved: { producers: [{ config: { 'request.timeout.ms': 10_000 } }], consumers: [{ config: { 'request.timeout.ms': 9_000 } }] } });
  });

  test('what brokers say holds for a topic that does not say', () => {
    expect(resolve({ 'message.max.bytes': '5000' })).toMatchObject({ resolved: { topics: [{ config: { 'max.message.bytes': 5_000 }, overrides: { 'min.insync.replicas': '2' } }] } });
    expect(resolve({ 'message.max.bytes': '5000', 'max.message.bytes': '6000' })).toMatchObject({ resolved: { topics: [{ config: { 'max.message.bytes': 6_000 } }] } });
  });

  test('single switches of the protocol are set over the preset', () => {
    expect(resolve({ 'protocol.truncation': 'hw', 'protocol.preVote': 'false' })).toMatchObject({ resolved: { protocol: { truncation: 'hw', preVote: false, eligibleLeaderReplicas: true } } });
    expect(resolve({ 'protocol.truncation': 'fetch-epoch' }, { protocol: '0.11' })).toMatchObject({ resolved: { protocol: { truncation: 'fetch-epoch', isrExpandAtHw: true } } });
  });

  test.each([['1', 1], ['3', 3], ['5', 5]])('a quorum of %s controllers, three unless it is said', (value, controllers) => {
    expect(resolve({ controllers: value })).toMatchObject({ resolved: { controllers } });
    expect(resolve({})).toMatchObject({ resolved: { controllers: 3 } });
  });

  test('an older version has the defaults of its time, which settings override', () => {
    expect(resolve({}, { protocol: '2.4' })).toMatchObject({ resolved: { brokerConfig: { 'replica.lag.time.max.ms': 10_000 }, producers: [{ config: { 'linger.ms': 0 } }] } });
    expect(resolve({ 'replica.lag.time.max.ms': '7000' }, { protocol: '2.4' })).toMatchObject({ resolved: { brokerConfig: { 'replica.lag.time.max.ms': 7_000 } } });
    expect(resolve({}, { protocol: '2.8' })).toMatchObject({ resolved: { brokerConfig: { 'replica.lag.time.max.ms': 30_000 } } });
  });

  test.each([
    [{ 'protocol.trunkation': 'hw' }, {}, "Unknown key 'protocol.trunkation': did you mean 'protocol.truncation'?"],
    [{ 'protocol.truncation': 'hwm' }, {}, "'truncation' cannot be 'hwm': it takes hw, kip101, kip279, kip320, fetch-epoch."],
    [{ truncation: 'hw' }, {}, "Unknown key 'truncation'"],
    [{ controllers: '2' }, {}, "'controllers' cannot be '2': it takes 1, 3, 5."],
    [{ acsk: '1' }, {}, "Unknown key 'acsk': did you mean 'acks'?"],
    [{ acks: 'two' }, {}, "'acks' cannot be 'two'"],
    [{ 'partitioner.class': 'x' }, {}, "'partitioner.class' is a key of Kafka that is not simulated yet."],
    [{ 'enable.idempotence': 'true' }, {}, 'enable.idempotence'],
    [{ 'replica.lag.time.max.ms': '0' }, {}, "'replica.lag.time.max.ms' cannot be '0'"],
    [{ brokers: '2' }, {}, 'there are only 2 brokers'],
    [{}, { workload: 'first-clustr' }, "did you mean 'first-cluster'?"],
    [{}, { protocol: '4.1' }, "did you mean '4.2'?"],
    [{}, { faults: 'netwrok' }, "did you mean 'network'?"],
  ])('%o %o is refused: %s', (settings, more, sentence) => {
    const result = resolve(settings, more);
    expect('problems' in result ? result.problems.join(' ') : 'accepted').toContain(sentence);
  });
});

test('a run is read once every send has been answered or has timed out, so that the final read is final', () => {
  const result = resolve({ 'delivery.timeout.ms': '50000' });
  if (!('resolved' in result)) throw new Error(result.problems.join());
  const { loadUntil, auditFrom, healsAt, faultsFrom, loadFrom } = result.resolved.phases;
  expect(auditFrom - loadUntil).toBeGreaterThanOrEqual(50_000_000);
  expect(loadFrom).toBeLessThan(faultsFrom);
  expect(faultsFrom).toBeLessThan(healsAt);
  expect(healsAt).toBeLessThan(loadUntil);
});
