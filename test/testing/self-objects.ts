/** Objects of our own stories that have no builder. */
import type { KubeObject } from '../../src/api/kind.ts'

/** An object of any built-in kind; its namespace is default unless said otherwise, '' for none. */
export function object(
  apiVersion: string,
  kind: string,
  name: string,
  rest: object = {},
  namespace = 'default',
) {
  const { metadata, ...fields } = rest as { metadata?: object }
  const place = namespace === '' ? {} : { namespace }
  return { apiVersion, kind, metadata: { name, ...place, ...metadata }, ...fields } as KubeObject
}

export const labels = { app: 'web' }
export const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'nginx:1' }] } }

export function boundPod(name: string, nodeName: string, spec: object = {}) {
  const containers = [{ name: 'main', image: 'nginx:1' }]
  return object('v1', 'Pod', name, { metadata: { labels }, spec: { nodeName, containers, ...spec } })
}

/** A node that reports well. */
export function node(name: string, cpu = '4') {
  const resources = { cpu, memory: '16Gi', pods: '110' }
  const conditions = [{ type: 'Ready', status: 'True', lastHeartbeatTime: '2025-01-01T00:00:00Z' }]
  const status = { capacity: resources, allocatable: resources, conditions }
  return object('v1', 'Node', name, { metadata: { labels: { 'kubernetes.io/hostname': name } }, status }, '')
}

export const volume = (name: string, storageClassName = '') =>
  object(
    'v1',
    'PersistentVolume',
    name,
    {
      spec: {
        capacity: { storage: '10Gi' },
        accessModes: ['ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Retain',
        storageClassName,
        hostPath: { path: '/data' },
      },
    },
    '',
  )

export const claim = (name: string, storageClassName = '') =>
  object('v1', 'PersistentVolumeClaim', name, {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } }, storageClassName },
  })

/** `openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj "/O=system:nodes/CN=system:node:node-1"` */
export const NODE_REQUEST = [
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIdk1JR1dBZ0VBTURReEZUQVRCZ05WQkFvTURITjVjM1JsYlRw',
  'dWIyUmxjekViTUJrR0ExVUVBd3dTYzNsegpkR1Z0T201dlpHVTZibTlrWlMweE1Ga3dFd1lIS29aSXpqMENBUVlJS29aSXpqMERB',
  'UWNEUWdBRU81QkhmL1orCmNhWUVoOHZvR2FRWDc3NS9yWFc4bnFFYndpZ3VmU0htQ2VEUndTZWNJZ1MyN3lqNEppY3BXK0VQWk5K',
  'blUreFEKRUs1Y2s5Z1o3NGxIU0tBQU1Bb0dDQ3FHU000OUJBTUNBMGdBTUVVQ0lRQzhsbjcxUHZuOEM2b1IzYlQ4NlNHZApYdFJS',
  'Yms5dGoxb2RpSTJtK2Y1R1NBSWdBanhaYXlZcy90cmUwNlRWNnl3TnZUK2lld1JvWnNjc21OZkpQRUQrCkF3Yz0KLS0tLS1FTkQg',
  'Q0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==',
].join('')
