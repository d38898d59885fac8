// Builds dist/: the library (browser-safe where the source is), the command line, and nothing that is not needed.
// With --if-stale it returns at once when dist/ is newer than all sources; --outdir builds somewhere else.
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const outdir = process.argv.indexOf('--outdir')
const DIST = outdir < 0 ? join(ROOT, 'dist') : resolve(process.argv[outdir + 1])
// Built beside it and then renamed, so that nobody ever runs half of a build.
const FRESH = `${DIST}.${process.pid}`
const STAMP = join(DIST, '.built')

/** Entry points of the library by their name in dist/; those that do not exist are left out. */
const LIBRARY = {
  index: 'src/index.ts',
  vitest: 'src/testing/index.ts',
  'client-node': 'src/client-node.ts',
  http: 'src/http/main.ts',
}
/** The command line: what starts it, and bundles by their name in dist/cli, run with their code compiled before. */
const COMMAND_LINE = { main: 'src/cli/main.ts', 'typescript-hooks': 'src/cli/typescript-hooks.ts' }
const BUNDLES = {
  simulate: 'src/cli/bundles/simulate.ts',
  serve: 'src/cli/bundles/serve.ts',
  control: 'src/cli/bundles/control.ts',
  help: 'src/cli/bundles/help.ts',
}
/** Packages that few runs need: in files of their own beside the bundles. */
const APART = { re2js: 're2js.cjs', '@marcbachmann/cel-js': 'cel.cjs' }

/** Never bundled: optional, native, or the user's own. */
const EXTERNAL = ['vitest', '@vitest/*', 'esbuild', 'typescript', 'lmdb', 'etcd3', '@kubernetes/client-node']

if (process.argv.includes('--if-stale') && isFresh()) process.exit(0)

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const common = {
  absWorkingDir: ROOT,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'none',
  logLevel: 'warning',
  logLimit: 3,
  external: EXTERNAL,
  // The build of yaml for browsers is an ES module: no require, and only what is used is taken.
  alias: { yaml: join(ROOT, 'node_modules/yaml/browser/index.js') },
  minifyWhitespace: true,
  minifySyntax: true,
  define: { KUBARIUM_VERSION: JSON.stringify(version) },
}
const commonJs = {
  ...common,
  splitting: false,
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  // What was compiled before cannot import, only require.
  supported: { 'dynamic-import': false },
  define: { ...common.define, 'import.meta.url': '__fileUrl' },
  banner: { js: "const __fileUrl = require('node:url').pathToFileURL(__filename).href;" },
}

const started = performance.now()
await Promise.all([
  build({ ...common, entryPoints: present(LIBRARY), outdir: FRESH, chunkNames: 'chunks/[name]-[hash]' }),
  build({ ...common, entryPoints: COMMAND_LINE, outdir: join(FRESH, 'cli') }),
  build({ ...commonJs, entryPoints: BUNDLES, outdir: join(FRESH, 'cli'), plugins: [apart()] }),
  build({
    ...commonJs,
    entryPoints: Object.entries(APART).map(([name, file]) => ({ in: name, out: file.replace(/\.cjs$/, '') })),
    outdir: join(FRESH, 'cli'),
  }),
])
writeFileSync(join(FRESH, '.built'), '')
rmSync(DIST, { recursive: true, force: true })
renameSync(FRESH, DIST)
if (process.stdout.isTTY) console.log(`built in ${Math.round(performance.now() - started)} ms`)

function present(entries) {
  return Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(join(ROOT, file))))
}

function apart() {
  const setup = ({ onResolve, onLoad }) => {
    for (const [name, file] of Object.entries(APART)) {
      onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path: `./${file}`, external: true }))
    }
    // Commander loads it at once, for subcommands that are programs of their own, and we have none: 5 ms of every start.
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes('/commander/') ? { path: 'none', namespace: 'empty' } : undefined,
    )
    onLoad({ filter: /^/, namespace: 'empty' }, () => ({ contents: 'module.exports = {}' }))
  }
  return { name: 'apart', setup }
}

function isFresh() {
  if (!existsSync(STAMP)) return false
  const built = statSync(STAMP).mtimeMs
  const inputs = ['package.json', 'package-lock.json', 'scripts/build.mjs'].map((it) => join(ROOT, it))
  return [...inputs, ...sources(join(ROOT, 'src'))].every((it) => statSync(it).mtimeMs <= built)
}

/** Directories count too: a deleted file changes its directory alone. */
function sources(directory) {
  const entries = readdirSync(directory, { withFileTypes: true, recursive: true })
  return [directory, ...entries.map((it) => join(it.parentPath, it.name))]
}
