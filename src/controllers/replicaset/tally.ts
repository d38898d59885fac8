/**
 * Counts an owner's pods as they change, so that a sync of a thousand replicas does not look at a thousand pods
 * whenever one of them becomes ready.
 */
import type { Pod } from '../../api/core/pod.ts'
import { compileSelector } from '../../api/label-selector.ts'
import type { LabelSelector } from '../../api/meta/label-selector.ts'
import { isPodActive, isPodAvailable, isPodReady } from '../shared/pod.ts'

type Labels = Readonly<Record<string, string>>

/** By what an owner's pods are counted. */
export interface Measure {
  readonly selector: LabelSelector
  readonly templateLabels: Labels | undefined
}

export interface PodCounts {
  readonly active: number
  /** Active ones with all labels of the template. */
  readonly labeled: number
  readonly ready: number
  readonly available: number
}

export class Tally {
  readonly uid: string
  readonly measure: Measure
  active = 0
  labeled = 0
  ready = 0
  /** Pods that name the owner but that it does not select (any more). */
  strangers = 0

  constructor(uid: string, measure: Measure, pods: Iterable<Pod>) {
    this.uid = uid
    this.measure = measure
    for (const pod of pods) this.count(pod, 1)
  }

  isFor(uid: string, { selector, templateLabels }: Measure): boolean {
    return (
      this.uid === uid && this.measure.selector === selector && this.measure.templateLabels === templateLabels
    )
  }

  /** @param sign 1 for a pod that is there now, -1 for one that no longer is as it was */
  count(pod: Pod, sign: 1 | -1): void {
    if (!compileSelector(this.measure.selector).matches(pod.metadata?.labels)) this.strangers += sign
    if (!isPodActive(pod)) return
    this.active += sign
    if (hasLabels(pod, this.measure.templateLabels)) this.labeled += sign
    if (isPodReady(pod)) this.ready += sign
  }

  /** Right for owners that do not wait for their pods to be ready for some time. */
  counts(): PodCounts {
    return { active: this.active, labeled: this.labeled, ready: this.ready, available: this.ready }
  }
}

/** The same by looking at every pod. @param pods the active ones */
export function countPods(
  pods: readonly Pod[],
  measure: Measure,
  minReadySeconds: number,
  now: number,
): PodCounts {
  let labeled = 0
  let ready = 0
  let available = 0
  for (const pod of pods) {
    if (hasLabels(pod, measure.templateLabels)) labeled++
    if (!isPodReady(pod)) continue
    ready++
    if (isPodAvailable(pod, minReadySeconds, now)) available++
  }
  return { active: pods.length, labeled, ready, available }
}

function hasLabels(pod: Pod, labels: Labels | undefined): boolean {
  const own = pod.metadata?.labels
  if (own === labels) return true
  for (const key in labels) if (own?.[key] !== labels[key]) return false
  return true
}
