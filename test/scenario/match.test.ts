import { describe, expect, test } from 'vitest'
import { compileExpression, ExpressionError } from '../../src/scenario/expression.ts'
import { differences, formatDifferences } from '../../src/scenario/match.ts'

const deployment = {
  metadata: { name: 'web', labels: { app: 'web', 'a.b/c': 'x', constructor: 'y' } },
  spec: { replicas: 3, containers: [{ name: 'php', image: 'php:8.2' }, { name: 'nginx' }] },
  status: {
    replicas: 3,
    conditions: [
      { type: 'Available', status: 'True' },
      { type: 'Progressing', status: 'False' },
    ],
  },
}

describe('differences', () => {
  test.each([
    { name: 'a subset of a map', expected: { spec: { replicas: 3 } } },
    {
      name: 'list elements as subsets',
      expected: { spec: { containers: [{ name: 'php' }, { name: 'nginx' }] } },
    },
    { name: 'null for absent', expected: { spec: { paused: null } } },
    {
      name: 'a filtered list',
      expected: { status: { "(conditions[?type == 'Available'])": [{ status: 'True' }] } },
    },
    { name: 'a comparison', expected: { status: { '(replicas > `2`)': true } } },
    { name: 'a key that all objects inherit', expected: { metadata: { labels: { constructor: 'y' } } } },
  ])('$name matches', ({ expected }) => {
    expect(differences(expected, deployment)).toEqual([])
  })

  test.each<{ name: string; expected: object; want: string[] }>([
    {
      name: 'another value',
      expected: { spec: { replicas: 2 } },
      want: ['spec.replicas: expected 2, found 3'],
    },
    {
      name: 'a missing field',
      expected: { status: { ready: 1 } },
      want: ['status.ready: expected 1, found nothing'],
    },
    {
      name: 'a list of another length',
      expected: { spec: { containers: [{ name: 'php' }] } },
      want: ['(length(spec.containers)): expected 1, found 2'],
    },
    {
      name: 'an expression',
      expected: { status: { "(conditions[?type == 'Ready'])": [{ status: 'True' }] } },
      want: ["(length(status.(conditions[?type == 'Ready']))): expected 1, found 0"],
    },
    {
      name: 'an inherited key',
      expected: { toString: 'x' },
      want: ['toString: expected "x", found nothing'],
    },
    {
      name: 'a key with dots',
      expected: { metadata: { labels: { 'a.b/c': 'z' } } },
      want: ['metadata.labels["a.b/c"]: expected "z", found "x"'],
    },
  ])('$name differs', ({ expected, want }) => {
    expect(formatDifferences(differences(expected, deployment))).toEqual(want)
  })
})

test.each([
  { text: 'spec.replicas', want: 3 },
  { text: 'spec.containers[0].name', want: 'php' },
  { text: 'spec.containers[-1].name', want: 'nginx' },
  { text: 'spec.containers[9].name', want: null },
  { text: 'spec.containers[*].name', want: ['php', 'nginx'] },
  { text: "status.conditions[?status == 'True'].type | [0]", want: 'Available' },
  { text: 'length(status.conditions)', want: 2 },
  { text: 'metadata.labels."a.b/c"', want: 'x' },
  { text: "spec.replicas >= 3 && !contains(metadata.name, 'db')", want: true },
  { text: "spec.missing || 'none'", want: 'none' },
  { text: 'sum(spec.containers[*].length(name)) | not_null(@, `0`)', want: ExpressionError },
  { text: "join('+', sort(spec.containers[*].name))", want: 'nginx+php' },
  { text: 'lenght(@)', want: ExpressionError },
  { text: 'a ==', want: ExpressionError },
  { text: 'a b', want: ExpressionError },
  { text: '#', want: ExpressionError },
  { text: '('.repeat(1000), want: ExpressionError },
])('expression $text', ({ text, want }) => {
  if (want === ExpressionError) expect(() => compileExpression(text)).toThrow(ExpressionError)
  else expect(compileExpression(text)(deployment)).toEqual(want)
})
