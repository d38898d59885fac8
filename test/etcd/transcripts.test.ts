/**
 * Replays what a real etcd answered to a million generated operations. A divergence names the operation and
 * both answers; `npm run test:etcd` compares with a living etcd, `npm run test:etcd:record` writes these.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compareRecorded } from './oracle/differential.ts'
import { OurSide } from './oracle/ours.ts'
import { readTranscript, transcriptFiles } from './oracle/transcripts.ts'

/** Environment TRANSCRIPTS: how many to replay, for whoever runs them again and again. Default: all. */
const some = process.env['TRANSCRIPTS']
const files = transcriptFiles().slice(0, some === undefined ? undefined : Number(some))

// Every sixth answer is a refusal, and nobody reads where it was thrown.
beforeAll(() => {
  Error.stackTraceLimit = 0
})
afterAll(() => {
  Error.stackTraceLimit = 10
})

test.runIf(some === undefined)('there are transcripts of a million operations', () => {
  expect(transcriptFiles().length).toBeGreaterThanOrEqual(50)
})

test.each(files)('%s', (file) => {
  const { seed, answers } = readTranscript(file)
  expect(answers.length).toBe(20_000)
  expect(compareRecorded(seed, answers, new OurSide())).toBeUndefined()
})
