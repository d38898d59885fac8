/** How many replicas a metric asks for (podautoscaler/replica_calculator.go). Amounts are in thousandths. */

/** `unready`: pending, or its start still distorts the metric. Pods that fail or end are left out beforehand. */
export interface MeteredPod {
  readonly name: string
  readonly state: 'ready' | 'unready'
  readonly requestMilli: number
  /** Undefined: no metric. */
  readonly usageMilli: number | undefined
}

export interface Proposal {
  readonly replicas: number
  /** Percent of the requests, floored; or the average amount. */
  readonly usage: number
}

interface Sample {
  readonly usage: number
  readonly request: number
}

/** @throws when nothing is known of any pod */
export function resourceReplicas(
  pods: readonly MeteredPod[],
  current: number,
  targetUtilization: number,
  tolerance: number,
): Proposal {
  const utilization = (samples: readonly Sample[]) => {
    const requests = samples.reduce((sum, it) => sum + it.request, 0)
    const usage = samples.reduce((sum, it) => sum + it.usage, 0)
    if (requests === 0) throw new Error('no metrics returned matched known pods')
    return Math.floor((usage * 100) / requests)
  }
  return propose(pods, current, tolerance, {
    amount: utilization,
    ratio: (samples) => utilization(samples) / targetUtilization,
    missingOnScaleDown: (pod) => Math.floor((pod.requestMilli * Math.max(100, targetUtilization)) / 100),
  })
}

/** The average over the pods. `usageMilli` is the metric's value; requests do not matter. */
export function averageReplicas(
  pods: readonly MeteredPod[],
  current: number,
  targetMilli: number,
  tolerance: number,
): Proposal {
  const average = (samples: readonly Sample[]) =>
    Math.floor(samples.reduce((sum, it) => sum + it.usage, 0) / samples.length)
  return propose(pods, current, tolerance, {
    amount: average,
    ratio: (samples) => average(samples) / targetMilli,
    missingOnScaleDown: () => targetMilli,
  })
}

interface Scale {
  amount(samples: readonly Sample[]): number
  ratio(samples: readonly Sample[]): number
  /** What a pod without metric is taken to use when few are needed. */
  missingOnScaleDown(pod: MeteredPod): number
}

function propose(pods: readonly MeteredPod[], current: number, tolerance: number, scale: Scale): Proposal {
  const metered = pods.filter((it) => it.state === 'ready' && it.usageMilli !== undefined)
  const unready = pods.filter((it) => it.state === 'unready')
  const missing = pods.filter((it) => it.state === 'ready' && it.usageMilli === undefined)
  if (metered.length === 0)
    throw new Error('did not receive metrics for targeted pods (pods might be unready)')
  const samples = metered.map((it) => ({ usage: it.usageMilli!, request: it.requestMilli }))
  const usage = scale.amount(samples)
  const ratio = scale.ratio(samples)
  const upWithUnready = unready.length > 0 && ratio > 1
  if (!upWithUnready && missing.length === 0) {
    if (isWithin(ratio, tolerance)) return { replicas: current, usage }
    return { replicas: ceil(ratio * metered.length), usage }
  }
  // The unknown is guessed so that it slows the change: all in use on the way down, none on the way up.
  for (const pod of missing) {
    if (ratio < 1) samples.push({ usage: scale.missingOnScaleDown(pod), request: pod.requestMilli })
    else if (ratio > 1) samples.push({ usage: 0, request: pod.requestMilli })
  }
  if (upWithUnready) for (const pod of unready) samples.push({ usage: 0, request: pod.requestMilli })
  const guessed = scale.ratio(samples)
  const flips = (ratio < 1 && guessed > 1) || (ratio > 1 && guessed < 1)
  if (isWithin(guessed, tolerance) || flips) return { replicas: current, usage }
  const replicas = ceil(guessed * samples.length)
  const backwards = (guessed < 1 && replicas > current) || (guessed > 1 && replicas < current)
  return { replicas: backwards ? current : replicas, usage }
}

/** One value for all pods, as of an object or from outside. */
export function valueReplicas(
  usageMilli: number,
  targetMilli: number,
  current: number,
  readyPods: number,
  tolerance: number,
): Proposal {
  const ratio = usageMilli / targetMilli
  if (current === 0) return { replicas: ceil(ratio), usage: usageMilli }
  return { replicas: isWithin(ratio, tolerance) ? current : ceil(ratio * readyPods), usage: usageMilli }
}

/** One value, to be shared by the pods. */
export function perPodReplicas(
  usageMilli: number,
  targetMilli: number,
  current: number,
  tolerance: number,
): Proposal {
  const ratio = usageMilli / (targetMilli * current)
  const replicas = isWithin(ratio, tolerance) ? current : ceil(usageMilli / targetMilli)
  // Go makes the least of all numbers of what is shared by nobody.
  return { replicas, usage: current === 0 ? 0 : ceil(usageMilli / current) }
}

/** In this form, since 1.1 lies within a tolerance of 0.1, but its distance from 1 is a little more. */
function isWithin(ratio: number, tolerance: number): boolean {
  return 1 - tolerance <= ratio && ratio <= 1 + tolerance
}

function ceil(value: number): number {
  return Math.ceil(value)
}
