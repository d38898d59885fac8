/** Kills a writing process at random points and looks at what it left behind. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { expect } from 'vitest'
import { randomStream } from '../../src/kernel/random.ts'
import { connectEtcd } from '../../src/storage/etcd.ts'
import { openDataDirectory } from '../../src/storage/lmdb.ts'

const CODEC = { encode: (value: string) => value, decode: (text: string) => text }
const ROOT = join(import.meta.dirname, '../..')

/** What a killed writer wrote to, and how to look at what it left behind. */
interface Target {
  /** Arguments of kill-child.ts. */
  readonly where: readonly [kind: 'data' | 'etcd', target: string]
  /** Whether a restart itself takes a revision, so that none told before a kill is ever told again. */
  readonly restartsAbove: boolean
  leftovers(): Promise<{ revision: number; found: ReadonlyMap<string, string> }>
}

/** Kills a writer of a data directory of its own. */
export async function checkKillPoints(points: number, seed: number): Promise<{ acknowledged: number }> {
  const directory = mkdtempSync(join(tmpdir(), 'kubarium-kill-'))
  const data = join(directory, 'data')
  try {
    return await killAt(points, seed, {
      where: ['data', data],
      restartsAbove: true,
      async leftovers() {
        using opened = await openDataDirectory(data, CODEC)
        const store = opened.openStore()
        return {
          revision: store.revision,
          found: new Map(store.list('').kvs.map((kv) => [kv.key, kv.value])),
        }
      },
    })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Kills a writer of the etcd at `url`, which lives on. */
export async function checkKillPointsOnEtcd(
  points: number,
  seed: number,
  url: string,
): Promise<{ acknowledged: number }> {
  const connection = await connectEtcd(url)
  try {
    return await killAt(points, seed, {
      where: ['etcd', url],
      restartsAbove: false,
      async leftovers() {
        const found = new Map<string, string>()
        const revision = await connection.load(({ key, value }) => found.set(key, value))
        return { revision, found }
      },
    })
  } finally {
    connection.close()
  }
}

async function killAt(points: number, seed: number, target: Target): Promise<{ acknowledged: number }> {
  // Inside node_modules, so that the child finds the packages.
  const child = join(ROOT, `node_modules/.cache/kill-child-${process.pid}-${seed}.mjs`)
  buildSync({
    entryPoints: [join(import.meta.dirname, 'kill-child.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile: child,
  })
  const random = randomStream(seed, 'kill-points')
  const state = new Map<string, string>()
  let lastRevision = 0
  let acknowledged = 0
  try {
    for (let point = 0; point < points; point++) {
      const lines = await runAndKill(
        child,
        [...target.where, `${seed * 10_000 + point}`],
        1 + random.below(25),
        random.below(4),
      )
      const opened = Number(lines[0]?.split(' ')[1])
      const floor = target.restartsAbove ? lastRevision + 1 : lastRevision
      expect(opened, 'a restart begins above every revision told before').toBeGreaterThanOrEqual(floor)
      lastRevision = opened
      for (const line of lines.slice(1)) {
        const [what, revision, key = '', value = ''] = line.split(' ')
        expect(Number(revision), 'no revision is told twice').toBeGreaterThan(lastRevision)
        lastRevision = Number(revision)
        if (what === 'put') state.set(key, value)
        else state.delete(key)
        acknowledged++
      }
      lastRevision = await checkLeftovers(target, state, lastRevision)
    }
  } finally {
    rmSync(child, { force: true })
  }
  return { acknowledged }
}

/** What was told is there; at most one write that was not told may be, and then it becomes the truth. */
async function checkLeftovers(
  target: Target,
  state: Map<string, string>,
  lastRevision: number,
): Promise<number> {
  const { revision, found } = await target.leftovers()
  expect(revision).toBeGreaterThanOrEqual(target.restartsAbove ? lastRevision + 1 : lastRevision)
  const keys = new Set([...found.keys(), ...state.keys()])
  const differing = [...keys].filter((key) => found.get(key) !== state.get(key))
  expect(differing.length, `lost or invented: ${differing.join()}`).toBeLessThanOrEqual(1)
  for (const key of differing) {
    const value = found.get(key)
    if (value === undefined) state.delete(key)
    else state.set(key, value)
  }
  return revision
}

function runAndKill(script: string, args: string[], afterLines: number, extraMs: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let errors = ''
    let doomed = false
    child.stderr.on('data', (data) => {
      errors += data
    })
    child.stdout.on('data', (data) => {
      output += data
      if (doomed || output.split('\n').length <= afterLines) return
      doomed = true
      if (extraMs === 0) child.kill('SIGKILL')
      else setTimeout(() => child.kill('SIGKILL'), extraMs)
    })
    child.on('exit', (_code, signal) => {
      if (signal !== 'SIGKILL') reject(new Error(`the child ended on its own: ${errors}`))
      // A line without its end was cut off by the kill.
      else resolve(output.slice(0, output.lastIndexOf('\n')).split('\n'))
    })
  })
}
