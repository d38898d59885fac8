/** Index functions for the indexes that many share; pass them as `indexes` when asking for an informer. */
import type { KubeObject } from '../api/kind.ts'
import { BY_CONTROLLER, BY_NODE } from './informer.ts'

export const controllerIndex = {
  [BY_CONTROLLER]: (object: KubeObject): readonly string[] => {
    for (const owner of object.metadata?.ownerReferences ?? NOWHERE) if (owner.controller) return [owner.uid]
    return NOWHERE
  },
}

export const nodeIndex = {
  [BY_NODE]: (pod: { readonly spec?: { readonly nodeName?: string } }): readonly string[] =>
    pod.spec?.nodeName ? [pod.spec.nodeName] : NOWHERE,
}

const NOWHERE: readonly never[] = []
