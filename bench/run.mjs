// Bundles bench/main.ts and runs it; then measures what only a fresh process can show: import and start-up.
// `npm run bench -- [--full] [words of names]`
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

/** Told by every measured process as it ends: its processor time, which a busy machine does not change much. */
const HOOK =
  'data:text/javascript,process.on("exit",()=>{const{user,system}=process.cpuUsage();process.stderr.write("\\ncpu "+(user+system))})'

/** Where this is set, every node reads and parses those certificates first: 70 ms that say nothing of us. */
delete process.env['NODE_EXTRA_CA_CERTS']

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const directory = mkdtempSync(join(tmpdir(), 'kubarium-bench-'))
const args = process.argv.slice(2)
try {
  const outfile = join(directory, 'main.mjs')
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['bench/main.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
    alias: { yaml: join(ROOT, 'node_modules/yaml/browser/index.js') },
  })
  const main = spawnSync(process.execPath, ['--expose-gc', '--max-old-space-size=6144', outfile, ...args], {
    stdio: 'inherit',
  })
  if (main.status !== 0) process.exit(main.status ?? 1)
  if (args.every((it) => it.startsWith('-')) || args.includes('start')) startUp()
} finally {
  rmSync(directory, { recursive: true, force: true })
}

function startUp() {
  const bare = program('bare.mjs', '')
  const library = pathToFileURL(join(ROOT, 'dist/index.js')).href
  const imported = program('import.mjs', `import ${JSON.stringify(library)}`)
  const pod = program(
    'pod.yaml',
    'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: nginx}]}\n',
  )
  const main = join(ROOT, 'dist/cli/main.js')
  const floor = median([bare])
  const line = (name, ms) =>
    console.log(
      `${name.padEnd(58)} ${`${Math.round(ms)} ms`.padStart(16)}  ${Math.round(ms - floor)} ms over bare node`,
    )
  line('start: bare node', floor)
  line('start: importing the library', median([imported]))
  line('start: kubarium --help', median([main, '--help']))
  const run = [main, 'run', pod, '--quiet']
  line('start: kubarium run, a pod from nothing to Running', median(run))
  const forget = () => rmSync(join(ROOT, 'dist/cli/compiled'), { recursive: true, force: true })
  line('start: the same when nothing was compiled before', median(run, forget))
}

function program(name, text) {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

/** Of 9 runs after a first one, ms of processor time from start to exit. */
function median(argv, before = () => {}) {
  const measured = () => {
    before()
    const { status, stderr } = spawnSync(process.execPath, ['--import', HOOK, ...argv], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`${argv.join(' ')} failed: ${stderr}`)
    return Number(/cpu (\d+)$/.exec(stderr)[1]) / 1000
  }
  measured()
  const times = Array.from({ length: 9 }, measured)
  return times.sort((a, b) => a - b)[4]
}
