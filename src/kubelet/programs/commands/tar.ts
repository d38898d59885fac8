/** `tar`, as `kubectl cp` needs it: ustar archives on stdin and stdout. */

import { decodeText, encodeText } from '../../file-tree.ts'
import { concatBytes } from '../pipe.ts'
import type { ProcessContext, Program } from '../program.ts'
import { resolvePath } from '../vfs.ts'
import { command } from './command.ts'

const BLOCK = 512

export const tar: Program = command('tar', async (context, args) => {
  const call = parse(args)
  const base = resolvePath(context.cwd, call.directory)
  if (call.mode === 'c') {
    const parts: Uint8Array[] = []
    for (const path of call.paths) {
      if (!context.fs.exists(resolvePath(base, path))) {
        context.stderr.write(`tar: ${path}: No such file or directory\n`)
        context.stderr.write('tar: error exit delayed from previous errors\n')
        return 1
      }
      pack(context, base, path, parts)
    }
    parts.push(new Uint8Array(2 * BLOCK))
    const archive = concatBytes(parts)
    if (call.file === '-') context.stdout.write(archive)
    else context.fs.write(resolvePath(context.cwd, call.file), archive)
    return 0
  }
  const archive =
    call.file === '-'
      ? await context.stdin.readAll()
      : context.fs.readBytes(resolvePath(context.cwd, call.file))
  for (const entry of unpack(archive)) {
    if (call.mode === 't') {
      context.stdout.write(`${entry.name}\n`)
      continue
    }
    // Never out of the directory, whatever the archive says.
    const target = resolvePath(base, resolvePath('/', entry.name).slice(1))
    if (entry.type === '5') context.fs.mkdir(target, true)
    else {
      const parent = target.slice(0, target.lastIndexOf('/')) || '/'
      context.fs.mkdir(parent, true)
      if (entry.type === '2') context.fs.symlink(entry.link, target)
      else context.fs.write(target, entry.content, { mode: entry.mode })
    }
  }
  return 0
})

interface Call {
  readonly mode: 'c' | 'x' | 't'
  readonly file: string
  readonly directory: string
  readonly paths: readonly string[]
}

function parse(args: readonly string[]): Call {
  let mode: Call['mode'] = 'x'
  let file = '-'
  let directory = '.'
  const paths: string[] = []
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    const letters = i === 0 || (arg.startsWith('-') && !arg.startsWith('--') && arg.length > 1)
    if (arg === '-C') directory = args[++i] ?? '.'
    else if (letters && /^-?[cxtfmvzpk]+$/.test(arg)) {
      for (const letter of arg.replace('-', '')) {
        if (letter === 'c' || letter === 'x' || letter === 't') mode = letter
        else if (letter === 'f') file = args[++i] ?? '-'
      }
    } else if (!arg.startsWith('--')) paths.push(arg)
  }
  return { mode, file, directory, paths }
}

function pack(context: ProcessContext, base: string, path: string, parts: Uint8Array[]): void {
  const full = resolvePath(base, path)
  const stat = context.fs.stat(full, false)
  const name = path.replace(/^\/+/, '')
  if (stat.type === 'directory') {
    parts.push(header(`${name}/`, 0, 0o755, '5', stat.mtimeMs))
    for (const child of context.fs.list(full))
      pack(context, base, `${path.replace(/\/$/, '')}/${child}`, parts)
  } else if (stat.type === 'link') parts.push(header(name, 0, 0o777, '2', stat.mtimeMs, stat.target))
  else {
    const content = context.fs.readBytes(full)
    parts.push(header(name, content.length, stat.mode, '0', stat.mtimeMs), content)
    const rest = content.length % BLOCK
    if (rest > 0) parts.push(new Uint8Array(BLOCK - rest))
  }
}

function header(
  name: string,
  size: number,
  mode: number,
  type: string,
  mtimeMs: number,
  link = '',
): Uint8Array {
  const block = new Uint8Array(BLOCK)
  const put = (text: string, at: number, length: number) =>
    block.set(encodeText(text).subarray(0, length), at)
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`
  let short = name
  if (encodeText(name).length > 100) {
    const cut = name.lastIndexOf('/', 155)
    put(name.slice(0, cut), 345, 155)
    short = name.slice(cut + 1)
  }
  put(short, 0, 100)
  put(octal(mode, 8), 100, 8)
  put(octal(0, 8), 108, 8)
  put(octal(0, 8), 116, 8)
  put(octal(size, 12), 124, 12)
  put(octal(Math.floor(mtimeMs / 1000), 12), 136, 12)
  put('        ', 148, 8)
  put(type, 156, 1)
  put(link, 157, 100)
  put('ustar\u000000root', 257, 12)
  put('root', 297, 4)
  let sum = 0
  for (const byte of block) sum += byte
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8)
  return block
}

interface Entry {
  readonly name: string
  readonly type: string
  readonly mode: number
  readonly link: string
  readonly content: Uint8Array
}

function* unpack(archive: Uint8Array): Iterable<Entry> {
  let longName: string | undefined
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const block = archive.subarray(at, at + BLOCK)
    if (block.every((byte) => byte === 0)) return
    const field = (from: number, length: number) => {
      const bytes = block.subarray(from, from + length)
      const end = bytes.indexOf(0)
      return decodeText(end < 0 ? bytes : bytes.subarray(0, end))
    }
    const size = Number.parseInt(field(124, 12).trim() || '0', 8)
    const type = field(156, 1) || '0'
    const content = archive.slice(at + BLOCK, at + BLOCK + size)
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
    // Long names of GNU and PAX archives come before the entry they belong to.
    if (type === 'L') {
      longName = decodeText(content).replace(/\0+$/, '')
      continue
    }
    if (type === 'x' || type === 'g') {
      if (type === 'x') longName = /\d+ path=([^\n]+)\n/.exec(decodeText(content))?.[1] ?? longName
      continue
    }
    const prefix = field(257, 5) === 'ustar' ? field(345, 155) : ''
    const name = longName ?? (prefix === '' ? field(0, 100) : `${prefix}/${field(0, 100)}`)
    longName = undefined
    yield {
      name,
      type,
      mode: Number.parseInt(field(100, 8).trim() || '644', 8),
      link: field(157, 100),
      content,
    }
  }
}
