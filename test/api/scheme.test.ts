import { describe, expect, test } from 'vitest'
import { Pod } from '../../src/api/core/pod.ts'
import { defineKind, type KindDefinition } from '../../src/api/kind.ts'
import { BUILT_IN_KINDS, compareVersions, createScheme } from '../../src/api/scheme.ts'

describe('scheme', () => {
  const scheme = createScheme()

  test.each([
    ['po', 'Pod'],
    ['pods', 'Pod'],
    ['Pod', 'Pod'],
    ['deploy', 'Deployment'],
    ['deployments.apps', 'Deployment'],
    ['deployments.v1.apps', 'Deployment'],
    ['ev', 'Event'],
    ['events.events.k8s.io', 'Event'],
    ['sc', 'StorageClass'],
    ['crd', 'CustomResourceDefinition'],
  ])('%s is %s', (word, kind) => {
    expect(scheme.byWord(word)?.kind).toBe(kind)
  })

  test('words of core kinds win over those of other groups', () => {
    expect(scheme.byWord('events')?.group).toBe('')
    expect(scheme.byWord('constructor')).toBeUndefined()
  })

  test('finds by group, version and kind, and by resource', () => {
    expect(scheme.byKind('v1', 'Pod')).toBe(Pod)
    expect(scheme.byKind('apps/v1', 'Pod')).toBeUndefined()
    expect(scheme.byResource('apps', 'deployments')?.kind).toBe('Deployment')
    expect(scheme.byResource('apps', 'deployments', 'v1beta1')).toBeUndefined()
    expect(scheme.of({ apiVersion: 'batch/v1', kind: 'Job' })?.resource).toBe('jobs')
  })

  test('kinds may come and go at run time, in one scheme only', () => {
    const mine = createScheme()
    let changes = 0
    const stop = mine.onChange(() => changes++)
    const crontab = defineKind({
      ...Pod,
      group: 'stable.example.com',
      kind: 'CronTab',
      resource: 'crontabs',
      singular: 'crontab',
      shortNames: ['ct', 'po'],
    }) as unknown as KindDefinition
    mine.register(crontab)
    expect(mine.byWord('ct')).toBe(crontab)
    expect(mine.byWord('po')?.kind).toBe('Pod')
    expect(scheme.byWord('ct')).toBeUndefined()
    mine.unregister(crontab)
    expect(mine.byWord('ct')).toBeUndefined()
    expect(changes).toBe(2)
    stop()
  })

  test('versions are preferred as Kubernetes does', () => {
    const versions = ['v1alpha1', 'v1', 'foo', 'v2', 'v1beta2', 'v10', 'v2beta1']
    expect(versions.sort(compareVersions)).toEqual([
      'v10',
      'v2',
      'v1',
      'v2beta1',
      'v1beta2',
      'v1alpha1',
      'foo',
    ])
  })

  test('every built-in kind builds its schema', () => {
    for (const kind of BUILT_IN_KINDS) {
      const schema = kind.schema()
      expect(schema.type).toBe('struct')
      expect(schema.type === 'struct' && Object.keys(schema.fields()).slice(0, 3)).toEqual([
        'apiVersion',
        'kind',
        'metadata',
      ])
    }
  })
})
