/** What the API server fills in for jobs. Upstream: pkg/apis/batch/v1/defaults.go, pkg/registry/batch/job. */
import { defaultPodTemplate } from '../core/pod-defaults.ts'
import { fill, mapField, mapList, withFields } from '../fill.ts'
import { deepFreeze } from '../freeze.ts'
import type { Job, JobSpec } from './job.ts'

const MAX_INT32 = 2_147_483_647

export function defaultJobSpec(given: JobSpec): JobSpec {
  const both = given.completions === undefined && given.parallelism === undefined
  const spec = fill(given, {
    ...(both ? { completions: 1 } : {}),
    parallelism: 1,
    backoffLimit: given.backoffLimitPerIndex === undefined ? 6 : MAX_INT32,
    completionMode: 'NonIndexed',
    suspend: false,
    podReplacementPolicy: given.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed',
    manualSelector: false,
  })
  const withPolicy = mapField(spec, 'podFailurePolicy', (policy) =>
    mapField(policy, 'rules', (rules) =>
      mapList(rules, (rule) =>
        mapField(rule, 'onPodConditions', (patterns) =>
          mapList(patterns ?? [], (pattern) =>
            pattern.status ? pattern : Object.freeze({ ...pattern, status: 'True' }),
          ),
        ),
      ),
    ),
  )
  return mapField(withPolicy, 'template', defaultPodTemplate)
}

/** Unless the user chose by hand, a job's pods are known by its uid. */
export function generateSelector(job: Job): Job {
  if (job.spec.manualSelector) return job
  const { uid = '', name = '' } = job.metadata ?? {}
  // What the user set stays; validation refuses what does not fit.
  const labels = {
    'batch.kubernetes.io/controller-uid': uid,
    'controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'job-name': name,
    ...job.spec.template.metadata?.labels,
  }
  const template = { ...job.spec.template, metadata: { ...job.spec.template.metadata, labels } }
  const selector = {
    ...job.spec.selector,
    matchLabels: { 'batch.kubernetes.io/controller-uid': uid, ...job.spec.selector?.matchLabels },
  }
  const complete = withFields(job, { spec: deepFreeze({ ...job.spec, template, selector }) })
  // A job without labels of its own has those of its pods.
  const own = job.metadata?.labels
  if (own !== undefined && own !== job.spec.template.metadata?.labels) return complete
  return mapField(complete, 'metadata', (metadata) => withFields(metadata, { labels: deepFreeze(labels) }))
}
