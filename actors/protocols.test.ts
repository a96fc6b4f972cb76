import { describe, expect, test } from 'vitest';
import { parseConfig } from './config/config-definition.ts';
import { PROTOCOL_DEFINITION } from './protocol-variant.ts';
import type { ProtocolVariant } from './protocol-variant.ts';
import { PROTOCOLS } from './protocols.ts';

/** Names of the versions that have a value other than the present one, oldest first. */
function versionsWith<K extends keyof ProtocolVariant>(name: K): string[] {
  return Object.entries(PROTOCOLS).filter(([, { variant }]) => variant[name] !== PROTOCOLS['4.2']!.variant[name]).map(([version]) => version).reverse();
}

describe('presets', () => {
  test('4.2 is what the switches say by themselves', () => {
    expect(PROTOCOLS['4.2']!.variant).toEqual(parseConfig(PROTOCOL_DEFINITION, {}));
  });

  test.each<[keyof ProtocolVariant, string[]]>([
    ['matchesFetchByOffsetAlone', ['0.10', '0.11', '2.0', '2.4', '2.8', '3.6', '3.9', '4.0']],
    ['eligibleLeaderReplicas', ['0.10', '0.11', '2.0', '2.4', '2.8', '3.6', '3.9', '4.0']],
    ['appendsLaterEpochs', ['0.10', '0.11', '2.0', '2.4', '2.8', '3.6', '3.9']],
    ['preVote', ['0.10', '0.11', '2.0', '2.4', '2.8', '3.6', '3.9']],
    ['hwAdvancesUnderMinIsr', ['0.10', '0.11', '2.0', '2.4', '2.8', '3.6']],
    ['isrWithoutBrokerEpochs', ['0.10', '0.11', '2.0', '2.4', '2.8']],
    ['hwMovesOnDivergence', ['0.10', '0.11', '2.0', '2.4', '2.8']],
    ['bumpsLeaderEpochOnShrink', ['0.10', '0.11', '2.0', '2.4', '2.8']],
    ['truncation', ['0.10', '0.11', '2.0', '2.4']],
    ['appendsAfterIoError', ['0.10', '0.11', '2.0', '2.4']],
    ['followersServeConsumers', ['0.10', '0.11', '2.0']],
    ['isrExpandAtHw', ['0.10', '0.11', '2.0']],
    ['epochStartsAtFirstAppend', ['0.10', '0.11', '2.0']],
    ['countsPendingShrink', []],
    ['electsLastKnownLeader', ['hardened']],
  ])('%s is as it was in %j', (name, versions) => {
    expect(versionsWith(name).toSorted()).toEqual(versions.toSorted());
  });

  test('the generations of truncation, in their order (§1.10)', () => {
    expect(['0.10', '0.11', '2.0', '2.4', '2.8', '4.2'].map((version) => PROTOCOLS[version]!.variant.truncation)).toEqual(['hw', 'kip101', 'kip279', 'kip320', 'fetch-epoch', 'fetch-epoch']);
  });

  test('each says what it is in a sentence or two', () => {
    for (const { says } of Object.values(PROTOCOLS)) expect(says).toMatch(/^[A-Z].*\.$/);
  });
});
