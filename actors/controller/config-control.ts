/** @module Configuration that changes while the cluster runs (IncrementalAlterConfigs, KIP-339): that of topics. */
import { ConfigError } from '../config/config-definition.ts';
import { topicConfig } from '../config/topic-config.ts';
import type { TopicImage } from '../metadata/metadata-image.ts';
import { CONFIG_OPERATION, CONFIG_RESOURCE } from '../protocol/admin-messages.ts';
import type { IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse } from '../protocol/admin-messages.ts';
import { ERRORS } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import type { ControllerState } from './controller-state.ts';
import { electUncleanLeaders } from './leader-control.ts';

type Resource = IncrementalAlterConfigsRequest['resources'][number];
type Refusal = readonly [error: ErrorName, reason: string | null];

export function incrementalAlterConfigs(state: ControllerState, { resources, validateOnly }: IncrementalAlterConfigsRequest): IncrementalAlterConfigsResponse {
  return {
    responses: resources.map((resource) => {
      const [error, errorMessage] = alterConfigs(state, resource, validateOnly);
      return { errorCode: ERRORS[error].code, errorMessage, resourceType: resource.resourceType, resourceName: resource.resourceName };
    }),
  };
}

function alterConfigs(state: ControllerState, resource: Resource, validateOnly: boolean): Refusal {
  const { resourceType, resourceName, configs } = resource;
  if (resourceType === CONFIG_RESOURCE.broker) return brokerRefusal(state, resource);
  if (resourceType !== CONFIG_RESOURCE.topic) return ['INVALID_REQUEST', `There are no configs of resource type ${resourceType}.`];
  const topic = state.image.topics.get(resourceName);
  if (topic === undefined) return ['UNKNOWN_TOPIC_OR_PARTITION', null];
  const problem = configProblem(state, topic.config, resource);
  if (problem !== undefined) return ['INVALID_CONFIG', problem];
  if (validateOnly) return ['NONE', null];
  state.propose(configs.map(({ name, configOperation, value }) => ({ type: 'Config', topic: resourceName, name, value: configOperation === CONFIG_OPERATION.delete ? null : value })));
  takeEffect(state, topic, configs.map(({ name }) => name));
  return ['NONE', null];
}

/** What an election depends on takes effect at once (EL-6, EL-13); all else brokers look up when they need it. */
function takeEffect(state: ControllerState, { name }: TopicImage, changed: readonly string[]): void {
  // Who was eligible under another min.insync.replicas need not have what is committed under this one.
  if (changed.includes('min.insync.replicas') && state.options.protocol.eligibleLeaderReplicas) state.propose([{ type: 'ClearElr', topic: name }]);
  if (changed.includes('unclean.leader.election.enable')) electUncleanLeaders(state);
}

/** EL-6: a broker of its own min.insync.replicas would acknowledge what others do not take for committed. */
function brokerRefusal(state: ControllerState, { configs }: Resource): Refusal {
  if (state.options.protocol.eligibleLeaderReplicas && configs.some(({ name }) => name === 'min.insync.replicas')) {
    return ['INVALID_CONFIG', 'min.insync.replicas cannot be set on a broker where there are eligible leader replicas: set it on the topic.'];
  }
  return ['INVALID_REQUEST', "Brokers' configs do not change while the cluster runs: only those of topics do."];
}

/** What is wrong with the config that the topic would have, as a sentence. */
function configProblem(state: ControllerState, before: ReadonlyMap<string, string>, { configs }: Resource): string | undefined {
  const after = new Map(before);
  for (const { name, configOperation, value } of configs) {
    if (configOperation === CONFIG_OPERATION.delete) after.delete(name);
    else if (configOperation !== CONFIG_OPERATION.set) return `'${name}' is no list: it can only be set or deleted.`;
    else if (value === null) return `'${name}' needs a value.`;
    else after.set(name, value);
  }
  return topicConfigProblem(state, after);
}

/** What is wrong with these values of a topic; undefined: nothing. */
export function topicConfigProblem(state: ControllerState, values: ReadonlyMap<string, string>): string | undefined {
  try {
    topicConfig(Object.fromEntries(values), state.options.config);
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}
