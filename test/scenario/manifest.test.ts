import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/cluster/input-error.ts'
import { parseDocuments, parseFieldPath, parseManifest } from '../../src/cluster/manifest.ts'

const pod = (name: string) => `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\n`

function refusal(text: string): string {
  try {
    parseManifest(text, 'web.yaml')
  } catch (error) {
    if (error instanceof InputError) return error.message
    throw error
  }
  return 'accepted'
}

describe('parseManifest', () => {
  test('reads all documents, skips empty ones and takes lists apart', () => {
    const list = `apiVersion: v1\nkind: List\nitems:\n- ${pod('b').trim().replaceAll('\n', '\n  ')}\n`
    const objects = parseManifest(`# nothing\n---\n${pod('a')}---\n---\n${list}`)
    expect(objects.map((it) => it.object.metadata?.name)).toEqual(['a', 'b'])
    expect(objects[1]!.placeOf('metadata.name')).toEqual({ file: 'manifest', line: 15, column: 5 })
  })

  test('reads JSON', () => {
    expect(
      parseManifest(JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } })),
    ).toHaveLength(1)
  })

  test('a missing field stands where its nearest ancestor does', () => {
    const [it] = parseManifest(pod('a'))
    expect(it!.placeOf(['metadata', 'labels', 'app']).line).toBe(3)
    expect(it!.placeOf('spec.containers[0]').line).toBe(1)
  })

  test.each([
    { name: 'octal file modes', text: 'mode: 0644', want: { mode: 420 } },
    { name: 'booleans in words', text: 'a: yes\nb: off', want: { a: true, b: false } },
    { name: 'quoted words stay words', text: 'a: "yes"', want: { a: 'yes' } },
    { name: 'numbers that only look octal', text: 'a: 0899', want: { a: 899 } },
  ])('$name are read as kubectl reads them', ({ text, want }) => {
    expect(parseDocuments(text)[0]!.value).toEqual(want)
  })

  test('prototype keys are ordinary data', () => {
    const [it] = parseDocuments('data:\n  __proto__: {polluted: 1}\n  constructor: x\n')
    const data = (it!.value as { data: object }).data
    expect(Object.keys(data)).toEqual(['__proto__', 'constructor'])
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype)
  })

  test.each([
    { name: 'broken YAML', text: 'a: [1, 2\nb: 3', want: /^web\.yaml:2:\d+: / },
    { name: 'tabs', text: 'a:\n\tb: 1', want: /^web\.yaml:2:1: .*tab/i },
    { name: 'a duplicate key', text: `${pod('a')}  name: b\n`, want: /^web\.yaml:5:3: the key occurs twice/ },
    {
      name: 'a duplicate object',
      text: `${pod('a')}---\n${pod('a')}`,
      want: /^web\.yaml:9:3: Pod default\/a occurs twice; first at web\.yaml:4:3$/,
    },
    { name: 'a missing kind', text: 'apiVersion: v1', want: /^web\.yaml:1:1: kind not set$/ },
    { name: 'a list at the top', text: '- 1', want: /expected a Kubernetes object, found a list/ },
    {
      name: 'a number for a name',
      text: 'apiVersion: v1\nkind: Pod\nmetadata: {name: 12}',
      want: /3:12: metadata\.name must be a string, found a number/,
    },
    { name: 'a merge key', text: 'a: &x {b: 1}\nc:\n  <<: *x', want: /3:3: merge keys/ },
    { name: 'a custom tag', text: 'a: !secret x', want: /YAML tags are not supported/ },
    { name: 'a template', text: 'a: {{ .Values.a }}', want: /1:5: a key must be a plain word/ },
    { name: 'an unknown alias', text: 'a: *nobody', want: /1:4: nothing above is anchored as &nobody$/ },
  ])('$name is refused with its place', ({ text, want }) => {
    expect(refusal(text)).toMatch(want)
  })

  test('an alias bomb is refused', () => {
    const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i},`.repeat(9)}]`)
    expect(refusal(`l0: &l0 [x]\n${levels.join('\n')}`)).toMatch(/^web\.yaml:1:1: too many aliases/)
  })

  test.each([10_000, 600])('%i levels of nesting are refused', (depth) => {
    expect(refusal(`a: ${'['.repeat(depth)}${']'.repeat(depth)}`)).toMatch(/nested more than 500 levels deep/)
  })

  test('a file of 10 MB is refused', () => {
    expect(refusal(`a: ${'x'.repeat(10 * 1024 * 1024)}`)).toBe(
      'web.yaml: the file is too large: 10.0 MB (at most 8.0 MB)',
    )
  })

  test('a document of 4 MB is refused', () => {
    expect(refusal(`a: "${'x'.repeat(4 * 1024 * 1024)}"`)).toMatch(
      /^web\.yaml:1:1: the document is too large: 4\.0 MB/,
    )
  })
})

test.each([
  { path: 'spec.containers[0].image', want: ['spec', 'containers', 0, 'image'] },
  { path: 'metadata.labels["a.b/c"]', want: ['metadata', 'labels', 'a.b/c'] },
  { path: 'metadata.labels[app]', want: ['metadata', 'labels', 'app'] },
])('field path $path', ({ path, want }) => {
  expect(parseFieldPath(path)).toEqual(want)
})
