/** Fills ClusterRoles that aggregate others by label (clusterroleaggregation). */

import type { Stored } from '../../api/kind.ts'
import { compileSelector } from '../../api/label-selector.ts'
import { ClusterRole } from '../../api/rbac/cluster-role.ts'
import { defineController, watch } from '../runtime/controller.ts'
import { semanticEqual } from '../shared/semantic-equal.ts'

export const clusterRoleAggregationController = defineController<ClusterRole>({
  name: 'clusterrole-aggregation-controller',
  component: 'clusterrole-aggregation-controller',
  for: ClusterRole,
  watches: [
    watch({
      kind: ClusterRole,
      // A change of any role may change every role that aggregates.
      map: (_role, lookup) =>
        [...lookup.lister(ClusterRole).list()]
          .filter(aggregates)
          .map((it) => it.metadata.name)
          .sort(),
    }),
  ],

  async reconcile({ object: role, client, lister }) {
    if (role === undefined || !aggregates(role)) return
    const others = [...lister(ClusterRole).list()].sort((a, b) =>
      a.metadata.name < b.metadata.name ? -1 : 1,
    )
    const rules: NonNullable<ClusterRole['rules']>[number][] = []
    for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
      for (const other of others) {
        if (
          other.metadata.name === role.metadata.name ||
          !compileSelector(selector).matches(other.metadata.labels)
        )
          continue
        for (const rule of other.rules ?? [])
          if (!rules.some((it) => semanticEqual(it, rule))) rules.push(rule)
      }
    }
    if (!semanticEqual(rules, role.rules)) await client.replace(ClusterRole, { ...role, rules })
  },
})

function aggregates(role: Stored<ClusterRole>): boolean {
  return role.aggregationRule !== undefined
}
