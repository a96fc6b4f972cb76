/** @module What the command line asks of the trials. */
import type * as workloads from '../workloads/index.ts';

export type Trials = Pick<
  typeof workloads,
  'TRIAL_MODULE' | 'DEFAULT_TRIAL' | 'trials' | 'faultProfiles' | 'protocols' | 'configKeys' | 'anomalyNames' | 'metricNames' | 'checkArgument' | 'describeRun' | 'parsePlanFile'
>;
