/** Binds a pod by POST to its `binding` subresource. */
import type { PluginFactory } from '../framework/plugin.ts'

export const defaultBinder: PluginFactory = (_args, handle) => ({
  name: 'DefaultBinder',
  bindAsync: (pod, node, _cycle, done) => handle.requests.bind(pod, node.name, done),
})
