/** Recorded answers of a real etcd: one compressed file a seed, one line an operation. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'

const DIRECTORY = join(import.meta.dirname, '../transcripts')

export interface Transcript {
  readonly seed: number
  /** Version of the etcd that answered. */
  readonly etcd: string
  readonly answers: readonly string[]
}

export function transcriptFiles(): string[] {
  return readdirSync(DIRECTORY)
    .filter((name) => name.endsWith('.txt.br'))
    .sort()
}

export function readTranscript(file: string): Transcript {
  const text = brotliDecompressSync(readFileSync(join(DIRECTORY, file))).toString('utf8')
  const [header = '', ...answers] = text.split('\n')
  const { seed, etcd }: { seed: number; etcd: string } = JSON.parse(header)
  return { seed, etcd, answers }
}

export function writeTranscript({ seed, etcd, answers }: Transcript): void {
  mkdirSync(DIRECTORY, { recursive: true })
  const text = [JSON.stringify({ seed, etcd }), ...answers].join('\n')
  const packed = brotliCompressSync(text, {
    params: { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_QUALITY]: 11 },
  })
  writeFileSync(join(DIRECTORY, `seed-${String(seed).padStart(3, '0')}.txt.br`), packed)
}
