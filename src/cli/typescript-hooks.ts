/** Module hooks that take the types out of `.ts` files, for versions of Node that do not. Runs in a thread of its own. */
import { readFileSync } from 'node:fs'
import type { InitializeHook, LoadHook } from 'node:module'
import { fileURLToPath } from 'node:url'

/** What takes the types out. */
export interface Stripper {
  readonly tool: 'esbuild' | 'typescript'
  /** URL of the tool's main module. */
  readonly path: string
}

interface Esbuild {
  transformSync(text: string, options: object): { readonly code: string }
}

interface TypeScript {
  transpileModule(text: string, options: object): { readonly outputText: string }
}

let transpile: (text: string, file: string) => string

export const initialize: InitializeHook<Stripper> = async ({ tool, path }) => {
  const module = (await import(path)) as { readonly default: Esbuild & TypeScript }
  transpile =
    tool === 'esbuild'
      ? (text, file) =>
          module.default.transformSync(text, {
            loader: 'ts',
            target: 'node20',
            sourcefile: file,
            sourcemap: 'inline',
          }).code
      : (text, fileName) =>
          module.default.transpileModule(text, {
            fileName,
            compilerOptions: { target: 'ES2022', module: 'ESNext', inlineSourceMap: true },
          }).outputText
}

export const load: LoadHook = (url, context, nextLoad) => {
  if (!/^file:.*\.m?ts$/.test(url)) return nextLoad(url, context)
  const file = fileURLToPath(url)
  return { format: 'module', source: transpile(readFileSync(file, 'utf8'), file), shortCircuit: true }
}
