/** @module A trial with the user's settings laid over it, for telling what was tried. What they mean is decided where the trial is built. */
import type { ConfigValues, Trial, TrialArgument } from '../workloads/trial.ts';

type Settings = TrialArgument['settings'];

/** Keys of the trial's own scope become its shape; config keys replace the trial's own values of the same key. */
export function withSettings(trial: Trial, settings: Settings): Pick<Trial, 'cluster' | 'clients'> {
  const amount = (key: string, declared: number): number => Number(settings[key] ?? settings[`trial.${key}`] ?? declared);
  const config = (scope: string, declared: ConfigValues | undefined): ConfigValues =>
    Object.fromEntries(Object.entries(declared ?? {}).map(([key, value]) => [key, settings[key] ?? settings[`${scope}.${key}`] ?? value]));
  const { cluster, clients } = trial;
  return {
    cluster: {
      brokers: amount('brokers', cluster.brokers),
      config: config('broker', cluster.config),
      topics: Object.fromEntries(
        Object.entries(cluster.topics).map(([name, topic]) => [
          name,
          { partitions: amount('partitions', topic.partitions), replicationFactor: amount('replication.factor', topic.replicationFactor), config: config('topic', topic.config) },
        ]),
      ),
    },
    clients: clients.map((client) =>
      client.kind === 'producers'
        ? { ...client, count: amount('producers', client.count), ratePerSecond: amount('rate', client.ratePerSecond), config: config('producer', client.config) }
        : { ...client, count: amount('consumers', client.count), config: config('consumer', client.config) },
    ),
  };
}
