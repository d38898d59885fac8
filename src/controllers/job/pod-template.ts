/** The pods of a Job: tracked by a finalizer; those of an Indexed one know their index. */
import { Job } from '../../api/batch/job.ts'
import type { Container } from '../../api/core/container.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { Stored } from '../../api/kind.ts'
import { podFromTemplate } from '../shared/pod-control.ts'
import { matchFailurePolicy } from './failure-policy.ts'
import {
  COMPLETION_INDEX,
  FAILURE_COUNT,
  failureCount,
  IGNORED_FAILURE_COUNT,
  ignoredFailureCount,
  isIndexed,
  TRACKING,
} from './pods.ts'

/** `<job>-<index>-` must leave room for the 5 random characters. */
const PREFIX_MAX = 58

/** What all pods of the Job share; for Indexed ones complete it with {@link withIndex}. */
export function jobPod(job: Stored<Job>): Pod {
  const { template } = job.spec
  const finalizers = template.metadata?.finalizers ?? []
  const metadata = {
    ...template.metadata,
    finalizers: finalizers.includes(TRACKING) ? finalizers : [...finalizers, TRACKING],
  }
  const spec = isIndexed(job) ? withIndexVariable(template.spec) : template.spec
  return podFromTemplate({ ...template, metadata, spec }, Job, job)
}

/** @param replaced the failed pod of the same index, whose count is carried on */
export function withIndex(job: Stored<Job>, pod: Pod, index: number, replaced: Pod | undefined): Pod {
  const suffix = `-${index}-`
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      generateName: job.metadata.name.slice(0, PREFIX_MAX - suffix.length) + suffix,
      labels: { ...pod.metadata?.labels, [COMPLETION_INDEX]: String(index) },
      annotations: {
        ...pod.metadata?.annotations,
        [COMPLETION_INDEX]: String(index),
        ...failureCounts(job, replaced),
      },
    },
    spec: { ...pod.spec, hostname: `${job.metadata.name}-${index}` },
  }
}

function failureCounts(job: Job, replaced: Pod | undefined): Record<string, string> {
  if (job.spec.backoffLimitPerIndex === undefined) return {}
  if (replaced === undefined) return { [FAILURE_COUNT]: '0' }
  const { counted } = matchFailurePolicy(job.spec.podFailurePolicy, replaced)
  const failures = failureCount(replaced) + (counted ? 1 : 0)
  const ignored = ignoredFailureCount(replaced) + (counted ? 0 : 1)
  return {
    [FAILURE_COUNT]: String(failures),
    ...(ignored > 0 && { [IGNORED_FAILURE_COUNT]: String(ignored) }),
  }
}

const INDEX_VARIABLE = Object.freeze({
  name: 'JOB_COMPLETION_INDEX',
  valueFrom: { fieldRef: { fieldPath: `metadata.labels['${COMPLETION_INDEX}']` } },
})

function withIndexVariable(spec: Pod['spec']): Pod['spec'] {
  const add = (container: Container): Container =>
    container.env?.some((it) => it.name === INDEX_VARIABLE.name)
      ? container
      : { ...container, env: [...(container.env ?? []), INDEX_VARIABLE] }
  return {
    ...spec,
    containers: spec.containers.map(add),
    ...(spec.initContainers && { initContainers: spec.initContainers.map(add) }),
  }
}
