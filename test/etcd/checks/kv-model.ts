/** A few keys under put, get, delete and compare-and-swap, with the revisions that etcd tells. */
import type { Model, Operation } from './linearizability.ts'

export type KvInput =
  | { readonly kind: 'get'; readonly key: string }
  | { readonly kind: 'put'; readonly key: string; readonly value: string }
  | { readonly kind: 'delete'; readonly key: string }
  | { readonly kind: 'swap'; readonly key: string; readonly modRevision: number; readonly value: string }

export interface KvOutput {
  readonly revision: number
  /** Of get: what is there. Of delete and swap: whether it happened. */
  readonly value?: string | undefined
  readonly modRevision?: number | undefined
  readonly done?: boolean
}

interface KvState {
  readonly revision: number
  readonly keys: Readonly<Record<string, { readonly value: string; readonly modRevision: number }>>
}

export type KvOperation = Operation<KvInput, KvOutput>

export function kvModel(firstRevision: number): Model<KvState, KvInput, KvOutput> {
  return {
    init: () => ({ revision: firstRevision, keys: {} }),
    key: (state) => JSON.stringify(state),
    step(state, input, output) {
      const held = state.keys[input.key]
      const next = state.revision + 1
      const written = (value: string): KvState => ({
        revision: next,
        keys: { ...state.keys, [input.key]: { value, modRevision: next } },
      })
      switch (input.kind) {
        case 'get':
          return output.revision === state.revision &&
            output.value === held?.value &&
            output.modRevision === held?.modRevision
            ? state
            : undefined
        case 'put':
          return output.revision === next ? written(input.value) : undefined
        case 'delete': {
          if (output.done !== (held !== undefined)) return undefined
          if (held === undefined) return output.revision === state.revision ? state : undefined
          const { [input.key]: _gone, ...keys } = state.keys
          return output.revision === next ? { revision: next, keys } : undefined
        }
        case 'swap': {
          const due = (held?.modRevision ?? 0) === input.modRevision
          if (output.done !== due) return undefined
          if (!due) return output.revision === state.revision ? state : undefined
          return output.revision === next ? written(input.value) : undefined
        }
      }
    },
  }
}
