import * as z from 'zod'
import { targetFields, targetWord } from '../fields.ts'
import { requireObjects, resolveTarget } from '../kubectl/objects.ts'
import { formatTable } from '../kubectl/table.ts'
import { formatYaml } from '../kubectl/yaml.ts'
import { defineStep } from '../step.ts'

/** As `kubectl get`: a table, or YAML. */
export const get = defineStep({
  name: 'get',
  schema: z
    .union([
      targetWord,
      z.strictObject({ ...targetFields, format: z.enum(['table', 'wide', 'yaml']).optional() }),
    ])
    .meta({ description: 'Shows objects as kubectl get does: pods, deployment/web, or fields.' }),
  async run(input, context) {
    const { cluster } = context
    const resolved = resolveTarget(cluster, input, context.namespace)
    const format = typeof input === 'string' ? 'table' : (input.format ?? 'table')
    const objects = requireObjects(cluster, resolved)
    const lines =
      format === 'yaml'
        ? objects.flatMap((it, i) => [...(i > 0 ? ['---'] : []), ...formatYaml(it)])
        : formatTable(resolved.kind, objects, { wide: format === 'wide', nowMs: cluster.now })
    context.print(lines.join('\n'))
    return undefined
  },
})
