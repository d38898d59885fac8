/** What the API server fills in for webhooks. Upstream: pkg/apis/admissionregistration/v1/defaults.go. */
import { fill, mapField, mapList } from '../fill.ts'
import { deepFreeze } from '../freeze.ts'
import type { MatchResources, RuleWithOperations, WebhookClientConfig } from './webhook.ts'

interface Webhook {
  readonly rules?: readonly RuleWithOperations[]
  readonly clientConfig: WebhookClientConfig
}

const EVERYTHING = deepFreeze({})

export function defaultWebhook<T extends Webhook>(webhook: T, more: object = {}): T {
  const defaults = {
    failurePolicy: 'Fail',
    matchPolicy: 'Equivalent',
    namespaceSelector: EVERYTHING,
    objectSelector: EVERYTHING,
    timeoutSeconds: 10,
    ...more,
  }
  let complete = fill(webhook, defaults as unknown as Partial<T>)
  complete = mapField(complete, 'rules', (rules) => {
    const list: readonly RuleWithOperations[] = rules ?? []
    return mapList(list, (rule) => fill(rule, { scope: '*' }))
  })
  return mapField(
    complete,
    'clientConfig',
    (config) =>
      mapField(config as WebhookClientConfig, 'service', (it) =>
        fill(it, { port: 443 }),
      ) as T['clientConfig'],
  )
}

/** What policies match when they do not say. */
export function defaultMatch(match: MatchResources): MatchResources {
  let complete = fill(match, {
    matchPolicy: 'Equivalent',
    namespaceSelector: EVERYTHING,
    objectSelector: EVERYTHING,
  })
  complete = mapField(complete, 'resourceRules', (rules) =>
    mapList(rules, (rule) => fill(rule, { scope: '*' })),
  )
  return mapField(complete, 'excludeResourceRules', (rules) =>
    mapList(rules, (rule) => fill(rule, { scope: '*' })),
  )
}
