import { describe, expect, test } from 'vitest'
import type { NodeSelectorTerm } from '../../../src/api/core/affinity.ts'
import type { Taint } from '../../../src/api/core/node.ts'
import { matchesNode } from '../../../src/api/core/node-selector.ts'
import type { Pod } from '../../../src/api/core/pod.ts'
import { podLimits, podRequests } from '../../../src/api/core/pod-resources.ts'
import type { Toleration } from '../../../src/api/core/pod-spec.ts'
import { qosClassOf } from '../../../src/api/core/qos-class.ts'
import { findUntolerated } from '../../../src/api/core/toleration.ts'
import { vectors } from '../../vectors/vectors.ts'

type Resources = Record<string, string>

interface QosCase {
  readonly id: string
  readonly title: string
  readonly containers: readonly { requests?: Resources; limits?: Resources }[]
  readonly expect: string
}

describe('QoS class', () => {
  test.each(vectors<QosCase>('qos-class'))('$id $title', ({ containers, expect: want }) => {
    const pod: Pod = {
      spec: { containers: containers.map((resources, i) => ({ name: `c${i}`, resources })) },
    }
    expect(qosClassOf(pod)).toBe(want)
  })
})

interface RequestContainer {
  readonly req?: Resources
  readonly lim?: Resources
  readonly restartPolicy?: string
}

interface RequestCase {
  readonly id: string
  readonly title: string
  readonly kind: string
  readonly containers: readonly RequestContainer[]
  readonly initContainers?: readonly RequestContainer[]
  readonly overhead: Resources
  readonly expect?: Resources
  readonly expectRequests?: Resources
  readonly expectLimits?: Resources
}

describe('pod requests', () => {
  // The resize cases belong to the scheduler, which looks at allocated and actual resources too.
  const cases = vectors<RequestCase>('pod-requests').filter((it) => it.kind !== 'resize')

  test.each(cases)('$id $title', (it) => {
    const container = ({ req = {}, lim = {}, restartPolicy }: RequestContainer, i: number) => ({
      name: `c${i}`,
      resources: { requests: req, limits: lim },
      ...(restartPolicy === undefined ? {} : { restartPolicy }),
    })
    const spec = {
      containers: it.containers.map(container),
      initContainers: (it.initContainers ?? []).map(container),
      overhead: it.overhead,
    }
    expect(podRequests(spec)).toEqual(it.expectRequests ?? it.expect)
    if (it.expectLimits) expect(podLimits(spec)).toEqual(it.expectLimits)
  })
})

interface TaintCase {
  readonly id: string
  readonly title: string
  readonly kind: string
  readonly tolerations: readonly Toleration[]
  readonly taints: readonly Taint[]
  readonly expect: boolean
}

describe('tolerations', () => {
  const cases = vectors<TaintCase>('taint-toleration').filter((it) => it.kind === 'filter')

  test.each(cases)('$id $title', ({ tolerations, taints, expect: want }) => {
    const hard = (taint: Taint) => taint.effect === 'NoSchedule' || taint.effect === 'NoExecute'
    expect(findUntolerated(taints, tolerations, hard) === undefined).toBe(want)
  })
})

interface AffinityCase {
  readonly id: string
  readonly title: string
  readonly kind: string
  readonly pod: { readonly nodeSelector?: Resources; readonly required?: readonly NodeSelectorTerm[] }
  readonly node: { readonly name: string; readonly labels: Resources }
  readonly expect: boolean
}

describe('node selector and affinity', () => {
  const cases = vectors<AffinityCase>('node-affinity').filter((it) => it.kind === 'filter')

  test.each(cases)('$id $title', ({ pod, node, expect: want }) => {
    const required = pod.required && {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: pod.required },
    }
    const spec = {
      containers: [],
      ...(pod.nodeSelector ? { nodeSelector: pod.nodeSelector } : {}),
      ...(required ? { affinity: { nodeAffinity: required } } : {}),
    }
    expect(matchesNode(spec, node.name, node.labels)).toBe(want)
  })
})
