/** POST pods/x/binding: assigns a pod to a node (upstream: registry/core/pod/storage/storage.go). */
import { Binding } from '../../api/core/binding.ts'
import type { Pod, PodCondition } from '../../api/core/pod.ts'
import { decode } from '../../api/decode.ts'
import { badRequest, conflict, invalid, methodNotServed } from '../../api/errors.ts'
import { FieldErrors } from '../../api/field-errors.ts'
import type { KubeObject } from '../../api/kind.ts'
import type { ApiResponse, Maybe } from '../../api/request.ts'
import { sizedCopy } from '../../kernel/sized-object.ts'
import { admitPosted } from '../admission/plugin.ts'
import { answer, type Call } from '../call.ts'
import { after } from '../maybe.ts'
import { change, type UpdateStrategy } from '../update.ts'
import { SUCCESS } from './success.ts'

/** The handler makes the new state itself; nothing of it is up to the client. */
const ASSIGN: UpdateStrategy = { merge: (next) => next, validate: () => undefined, admitted: true }

export function bind(call: Call): Maybe<ApiResponse> {
  if (call.request.verb !== 'create') throw methodNotServed()
  const { object: binding } = decode(Binding, call.request.body)
  const name = binding.metadata?.name
  if (name && name !== call.request.name)
    throw badRequest('name in URL does not match name in Binding object')
  validate(binding)
  return after(admitPosted(call, Binding, binding), (admitted) =>
    after(
      change(call, ASSIGN, (old) => assign(call, old as Pod, admitted)),
      () => answer(call, 201, SUCCESS),
    ),
  )
}

function validate(binding: Binding): void {
  const errors = new FieldErrors()
  const { kind, name } = binding.target ?? {}
  errors.at('target', () => {
    if (kind && kind !== 'Node') errors.notSupported('kind', kind, ['Node', '<empty>'])
    if (!name) errors.required('name')
  })
  if (!errors.empty) throw invalid(Binding, binding.metadata?.name ?? '', errors.list)
}

function assign(call: Call, pod: Pod, binding: Binding): KubeObject {
  const { uid, resourceVersion, annotations } = binding.metadata ?? {}
  const { name, uid: podUid, resourceVersion: current, deletionTimestamp } = pod.metadata!
  const refuse = (why: string) => conflict({ group: '', resource: 'pods/binding' }, name!, why)
  if (uid && uid !== podUid) {
    throw refuse(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${podUid}`)
  }
  if (resourceVersion && resourceVersion !== current) {
    throw refuse(
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${current}`,
    )
  }
  if (deletionTimestamp) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`)
  if (pod.spec.nodeName) throw refuse(`pod ${name} is already assigned to node "${pod.spec.nodeName}"`)
  if (pod.spec.schedulingGates?.length) {
    throw refuse(`pod ${name} has non-empty .spec.schedulingGates`)
  }
  const metadata =
    annotations === undefined
      ? pod.metadata
      : { ...pod.metadata, annotations: { ...pod.metadata?.annotations, ...annotations } }
  return {
    ...pod,
    metadata,
    spec: Object.assign(sizedCopy(pod.spec, 1), { nodeName: binding.target.name }),
    status: { ...pod.status, conditions: scheduled(pod.status?.conditions, call.server.strategy.now) },
  } as KubeObject
}

function scheduled(conditions: readonly PodCondition[] | undefined, now: string): readonly PodCondition[] {
  const others = conditions?.filter((it) => it.type !== 'PodScheduled') ?? []
  return others.concat(scheduledAt(now))
}

/** Pods bound within one second share the condition, which is kept as long as they are. */
function scheduledAt(now: string): PodCondition {
  if (lastScheduled?.lastTransitionTime !== now) {
    lastScheduled = Object.freeze({ type: 'PodScheduled', status: 'True', lastTransitionTime: now })
  }
  return lastScheduled
}

let lastScheduled: PodCondition | undefined
