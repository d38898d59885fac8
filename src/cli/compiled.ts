/**
 * Runs a CommonJS bundle with what V8 compiled of it the last time: parsing and compiling this much code takes longer
 * than a small simulation. The compiled code lies beside the bundle; where that cannot be written, every start compiles.
 */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Script } from 'node:vm'

/**
 * @param path absolute
 * @param use what is compiled depends on what is run: each use keeps its own
 */
export function requireCompiled<T>(path: string, use: string): T {
  const kept = join(dirname(path), 'compiled', `${use}-${process.version}-${process.arch}`)
  const cachedData = readKept(kept, path)
  // The build writes ASCII only.
  const source = readFileSync(path, 'latin1')
  const script = new Script(`(function (exports, require, module, __filename, importModule) {${source}\n})`, {
    filename: path,
    cachedData,
  })
  const module = { exports: {} as T }
  // Kept code has forgotten who may import, so an `import()` of its own would fail.
  const importModule = (url: string) => import(url)
  script.runInThisContext()(module.exports, createRequire(path), module, path, importModule)
  if (cachedData === undefined || script.cachedDataRejected) {
    // At the end: functions are compiled when they are first called.
    process.once('exit', () => keep(kept, script.createCachedData()))
  }
  return module.exports
}

/** V8 itself knows its version and flags again, but of the source only the length. */
function readKept(kept: string, path: string): Buffer | undefined {
  try {
    return statSync(kept).mtimeMs >= statSync(path).mtimeMs ? readFileSync(kept) : undefined
  } catch {
    return undefined
  }
}

function keep(kept: string, compiled: Buffer): void {
  try {
    mkdirSync(dirname(kept), { recursive: true })
    // Renamed into place, so that nobody reads half of it.
    writeFileSync(`${kept}.${process.pid}`, compiled)
    renameSync(`${kept}.${process.pid}`, kept)
  } catch {
    // Not ours to write: it costs time only.
  }
}
