/** Pods stay five minutes on a node that is not ready or unreachable (upstream: plugin/pkg/admission/defaulttolerationseconds). */
import type { Pod } from '../../api/core/pod.ts'
import type { PodSpec, Toleration } from '../../api/core/pod-spec.ts'
import type { KubeObject } from '../../api/kind.ts'
import type { AdmissionPlugin } from './plugin.ts'
import { isPod, remembered } from './pods.ts'

const SECONDS = 300
const TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  handles: (attributes) => isPod(attributes) && attributes.operation !== 'DELETE',
  admit(object, { operation, old }) {
    const pod = object as Pod
    // An update can only add tolerations, and had these since it was created.
    if (operation === 'UPDATE' && (old as Pod).spec === pod.spec) return object
    const spec = tolerant(pod.spec)
    return spec === pod.spec ? object : ({ ...pod, spec } as KubeObject)
  },
}

const tolerant = remembered((spec: PodSpec): PodSpec => {
  const missing = TAINTS.filter((taint) => !spec.tolerations?.some((it) => tolerates(it, taint)))
  if (missing.length === 0) return spec
  const added = missing.map(
    (key): Toleration => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: SECONDS }),
  )
  return { ...spec, tolerations: [...(spec.tolerations ?? []), ...added] }
})

function tolerates({ key, effect }: Toleration, taint: string): boolean {
  return (!key || key === taint) && (!effect || effect === 'NoExecute')
}
