/** @module Configuration of an administrator's client. Defaults of Kafka 4.2 (§10). */
import { CLIENT_KEYS, CLIENT_KEYS_NOT_SIMULATED } from './client-keys.ts';
import type { ConfigDefinition, ConfigOf } from './config-definition.ts';
import { durationMs } from './keys.ts';

const KEYS = {
  ...CLIENT_KEYS,
  'default.api.timeout.ms': durationMs(60_000, 'How long a call may take in all, with its retries.'),
} as const;

export type AdminConfig = ConfigOf<typeof KEYS>;

export const ADMIN_CONFIG: ConfigDefinition<typeof KEYS> = { name: 'admin', keys: KEYS, notSimulated: [...CLIENT_KEYS_NOT_SIMULATED, 'retries', 'bootstrap.controllers'] };
