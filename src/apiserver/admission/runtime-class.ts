/** The overhead and scheduling of a pod's runtime class become the pod's own (upstream: plugin/pkg/admission/runtimeclass). */
import type { Pod } from '../../api/core/pod.ts'
import { forbidden } from '../../api/errors.ts'
import type { KubeObject } from '../../api/kind.ts'
import type { RuntimeClass } from '../../api/node/runtime-class.ts'
import type { AdmissionPlugin } from './plugin.ts'
import { isPod } from './pods.ts'

export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  handles: (attributes) => isPod(attributes) && attributes.operation === 'CREATE',
  admit(object, { server, kind, name }) {
    const pod = object as Pod
    const wanted = pod.spec.runtimeClassName
    if (!wanted) return object
    const found = server.find('node.k8s.io', 'runtimeclasses', undefined, wanted) as RuntimeClass | undefined
    if (found === undefined) throw forbidden(kind, name, `pod rejected: RuntimeClass "${wanted}" not found`)
    const { nodeSelector, tolerations } = found.scheduling ?? {}
    for (const [key, value] of Object.entries(nodeSelector ?? {})) {
      const own = pod.spec.nodeSelector
      if (own !== undefined && Object.hasOwn(own, key) && own[key] !== value) {
        throw forbidden(
          kind,
          name,
          `conflict: node selector requirements of the runtimeClass do not match those of the pod`,
        )
      }
    }
    const spec = {
      ...pod.spec,
      ...(found.overhead?.podFixed ? { overhead: found.overhead.podFixed } : {}),
      ...(nodeSelector ? { nodeSelector: { ...pod.spec.nodeSelector, ...nodeSelector } } : {}),
      ...(tolerations ? { tolerations: [...(pod.spec.tolerations ?? []), ...tolerations] } : {}),
    }
    return { ...pod, spec } as KubeObject
  },
}
