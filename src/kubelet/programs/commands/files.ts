/** Commands about files. */
import { formatQuantity } from '../../../api/quantity.ts'
import { decodeText } from '../../file-tree.ts'
import { concatBytes } from '../pipe.ts'
import type { ProcessContext, Program } from '../program.ts'
import { matchesPattern } from '../shell/glob.ts'
import { FileError, type FileStat, resolvePath } from '../vfs.ts'
import { command, inputs, onFile, options, runCommand, UsageError } from './command.ts'
import { MONTHS, parseDate } from './dates.ts'

const cat = command(
  'cat',
  async (context, args) => {
    const { flags, rest } = options(args, 'nbvteAu')
    const showEnds = flags.has('e') || flags.has('A')
    const showTabs = flags.has('t') || flags.has('A')
    const visible = flags.has('v') || showEnds || showTabs
    const plain = !visible && !flags.has('n') && !flags.has('b')
    let number = 0
    const show = (bytes: Uint8Array) => {
      if (plain) {
        context.stdout.write(bytes)
        return
      }
      for (const line of decodeText(bytes).split(/(?<=\n)/)) {
        const text = line.replace(/\n$/, '')
        const ended = text !== line
        const counted = flags.has('b') ? text !== '' : flags.has('n')
        const head = counted ? `${String(++number).padStart(6)}\t` : ''
        const body = visible ? caret(text, showTabs) : text
        context.stdout.write(`${head}${body}${ended ? `${showEnds ? '$' : ''}\n` : ''}`)
      }
    }
    let failed = false
    for (const file of rest.length === 0 ? ['-'] : rest) {
      if (file === '-') {
        // Without options, what comes is passed on as it comes.
        const whole: Uint8Array[] = []
        for (let it = await context.stdin.read(); it !== undefined; it = await context.stdin.read()) {
          if (plain) show(it)
          else whole.push(it)
        }
        if (whole.length > 0) show(concatBytes(whole))
        continue
      }
      try {
        show(context.fs.readBytes(resolvePath(context.cwd, file)))
      } catch (error) {
        if (!(error instanceof FileError)) throw error
        const directory = error.message === 'Is a directory'
        const what = directory ? 'read error' : `can't open '${file}'`
        context.stderr.write(`cat: ${what}: ${error.message}\n`)
        failed = true
      }
    }
    return failed ? 1 : 0
  },
  'cat [-nbvteA] [FILE]...\n\nPrint FILEs to stdout',
)

/** Control characters as `^A`. */
function caret(text: string, tabs: boolean): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return text.replace(/[\u0000-\u001f\u007f]/g, (it) =>
    it === '\t' && !tabs ? it : `^${String.fromCharCode(it.charCodeAt(0) ^ 64)}`,
  )
}

interface Entry {
  readonly name: string
  readonly path: string
  readonly stat: FileStat
}

const ls = command(
  'ls',
  (context, args) => {
    const { flags, rest } = options(args, '1AaCxdLHRFplinshrSXvctukw:', {
      all: 'a',
      'almost-all': 'A',
      directory: 'd',
      recursive: 'R',
      reverse: 'r',
      size: 's',
      'human-readable': 'h',
      dereference: 'L',
      color: '1',
      'color=': 'w',
      'full-time': 'l',
    })
    const long = flags.has('l') || flags.has('n')
    const lines: string[] = []
    let failed = false
    const sorted = (list: Entry[]) => {
      list.sort((a, b) => {
        if (flags.has('S') && a.stat.size !== b.stat.size) return b.stat.size - a.stat.size
        if (flags.has('t') && a.stat.mtimeMs !== b.stat.mtimeMs) return b.stat.mtimeMs - a.stat.mtimeMs
        return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
      })
      return flags.has('r') ? list.reverse() : list
    }
    const entry = (name: string, path: string, follow: boolean): Entry | undefined => {
      try {
        return { name, path, stat: context.fs.stat(path, follow) }
      } catch (error) {
        if (!(error instanceof FileError)) throw error
        context.stderr.write(`ls: ${name}: ${error.message}\n`)
        failed = true
        return undefined
      }
    }
    const print = (list: readonly Entry[]) => {
      const width = Math.max(9, ...list.map((it) => String(it.stat.size).length))
      for (const it of list) {
        const blocks = flags.has('s') ? `${String(blocksOf(it.stat)).padStart(6)} ` : ''
        const name = `${it.name}${indicator(it.stat, flags)}`
        const line = long ? longLine(name, it.stat, width, flags.has('h'), flags.has('n')) : name
        lines.push(blocks + line)
      }
    }
    const files: Entry[] = []
    const directories: Entry[] = []
    for (const name of rest.length === 0 ? ['.'] : rest) {
      const path = resolvePath(context.cwd, name)
      const follow = flags.has('L') || flags.has('H') || (!long && !flags.has('F')) || name.endsWith('/')
      const found = entry(name, path, follow)
      if (found === undefined) continue
      if (found.stat.type === 'directory' && !flags.has('d')) directories.push(found)
      else files.push(found)
    }
    print(sorted(files))
    const show = (directory: Entry, titled: boolean) => {
      if (titled) lines.push(`${lines.length > 0 ? '\n' : ''}${directory.name}:`)
      const hidden = flags.has('a') || flags.has('A')
      const names = context.fs.list(directory.path).filter((it) => hidden || !it.startsWith('.'))
      const list: Entry[] = []
      if (flags.has('a')) for (const it of ['.', '..']) list.push({ ...directory, name: it })
      for (const name of names) {
        const found = entry(name, resolvePath(directory.path, name), flags.has('L'))
        if (found !== undefined) list.push(found)
      }
      sorted(list)
      if (long || flags.has('s')) lines.push(`total ${list.reduce((sum, it) => sum + blocksOf(it.stat), 0)}`)
      print(list)
      if (!flags.has('R')) return
      for (const it of list) {
        if (it.stat.type !== 'directory' || it.name === '.' || it.name === '..') continue
        show({ ...it, name: `${directory.name.replace(/\/$/, '')}/${it.name}` }, true)
      }
    }
    for (const it of sorted(directories)) show(it, rest.length > 1 || flags.has('R'))
    if (lines.length > 0) context.stdout.write(`${lines.join('\n')}\n`)
    return failed ? 1 : 0
  },
  'ls [-1AaCxdLHRFplinshrSXvctu] [-w WIDTH] [FILE]...\n\nList directory contents',
)

/** Kilobytes on disk. */
function blocksOf(stat: FileStat): number {
  if (stat.type === 'link') return 0
  return Math.ceil(stat.size / 4096) * 4
}

function indicator(stat: FileStat, flags: ReadonlySet<string>): string {
  if (stat.type === 'directory') return flags.has('p') || flags.has('F') ? '/' : ''
  if (!flags.has('F')) return ''
  if (stat.type === 'link') return '@'
  return (stat.mode & 0o111) !== 0 ? '*' : ''
}

/** `-rw-r--r--    1 root     root            19 Jan  1 00:00 labels`. */
function longLine(name: string, stat: FileStat, width: number, human: boolean, numeric: boolean): string {
  const date = new Date(stat.mtimeMs)
  const day = String(date.getUTCDate()).padStart(2, ' ')
  const time = date.toISOString().slice(11, 16)
  const size = human ? formatSize(stat.size) : String(stat.size)
  const target = stat.target === undefined ? '' : ` -> ${stat.target}`
  const owner = numeric ? '0        0       ' : 'root     root    '
  return `${rights(stat)}    1 ${owner} ${size.padStart(width)} ${MONTHS[date.getUTCMonth()]} ${day} ${time} ${name}${target}`
}

/** `drwxr-xr-x`. */
export function rights(stat: Pick<FileStat, 'type' | 'mode'>): string {
  const type = stat.type === 'directory' ? 'd' : stat.type === 'link' ? 'l' : '-'
  return type + [6, 3, 0].map((shift) => permission(stat.mode >> shift)).join('')
}

function permission(bits: number): string {
  return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${bits & 1 ? 'x' : '-'}`
}

function formatSize(bytes: number): string {
  if (bytes < 1024) return String(bytes)
  return formatQuantity({
    mantissa: BigInt(Math.ceil(bytes / 1024) * 1024),
    exponent: 0,
    format: 'BinarySI',
  }).replace('i', '')
}

const touch = command(
  'touch',
  (context, args) => {
    const { flags, values, rest } = options(args, 'chamd:t:r:', {
      'no-create': 'c',
      'date=': 'd',
      'reference=': 'r',
    })
    if (rest.length === 0) throw new UsageError()
    const reference = values.get('r')
    const when = values.get('d') ?? values.get('t')
    let at: number | undefined
    if (reference !== undefined) at = context.fs.stat(resolvePath(context.cwd, reference)).mtimeMs
    else if (when !== undefined) {
      at = parseDate(when, context.clock.now())
      if (at === undefined) {
        context.stderr.write(`touch: invalid date '${when}'\n`)
        return 1
      }
    }
    let failed = false
    for (const file of rest) {
      const path = resolvePath(context.cwd, file)
      failed =
        !onFile(context, `touch: ${file}`, () => {
          if (!flags.has('c') || context.fs.exists(path)) context.fs.touch(path, at)
        }) || failed
    }
    return failed ? 1 : 0
  },
  'touch [-cham] [-d DATE] [-t DATE] [-r FILE] FILE...\n\nUpdate mtime of FILEs',
)

const mkdir = command(
  'mkdir',
  (context, args) => {
    const { flags, values, rest } = options(args, 'm:p', { parents: 'p', 'mode=': 'm' })
    if (rest.length === 0) throw new UsageError()
    let failed = false
    for (const directory of rest) {
      const path = resolvePath(context.cwd, directory)
      failed =
        !onFile(context, `mkdir: can't create directory '${directory}'`, () => {
          context.fs.mkdir(path, flags.has('p'))
          const mode = values.get('m')
          if (mode !== undefined) context.fs.chmod(path, newMode(mode, 0o755))
        }) || failed
    }
    return failed ? 1 : 0
  },
  'mkdir [-m MODE] [-p] DIRECTORY...\n\nCreate DIRECTORY',
)

const rmdir = command(
  'rmdir',
  (context, args) => {
    const { flags, rest } = options(args, 'p', { 'ignore-fail-on-non-empty': 'i' })
    if (rest.length === 0) throw new UsageError()
    let failed = false
    for (const directory of rest) {
      const path = resolvePath(context.cwd, directory)
      failed =
        !onFile(context, `rmdir: '${directory}'`, () => {
          if (context.fs.list(path).length > 0) {
            if (flags.has('i')) return
            throw new FileError('Directory not empty')
          }
          context.fs.remove(path, true)
        }) || failed
    }
    return failed ? 1 : 0
  },
  'rmdir [-p] DIRECTORY...\n\nRemove DIRECTORY if it is empty',
)

const rm = command(
  'rm',
  (context, args) => {
    const { flags, rest } = options(args, 'irfR', { recursive: 'r', force: 'f' })
    if (rest.length === 0 && !flags.has('f')) throw new UsageError()
    const recursive = flags.has('r') || flags.has('R')
    let failed = false
    for (const file of rest) {
      try {
        context.fs.remove(resolvePath(context.cwd, file), recursive)
      } catch (error) {
        if (!(error instanceof FileError)) throw error
        const directory = error.message === 'Is a directory'
        if (flags.has('f') && !directory) continue
        const what = directory ? `'${file}' is a directory` : `can't remove '${file}': ${error.message}`
        context.stderr.write(`rm: ${what}\n`)
        failed = true
      }
    }
    return failed ? 1 : 0
  },
  'rm [-irf] FILE...\n\nRemove (unlink) FILEs',
)

/** Where `source` goes when the target is a directory. */
function targetOf(context: ProcessContext, source: string, target: string): string {
  const path = resolvePath(context.cwd, target)
  if (!context.fs.exists(path) || context.fs.stat(path).type !== 'directory') return path
  return `${path}/${source.replace(/\/+$/, '').split('/').at(-1)}`
}

function copyTree(context: ProcessContext, from: string, to: string, keepLinks: boolean): void {
  const stat = context.fs.stat(from, !keepLinks)
  if (stat.target !== undefined) context.fs.symlink(stat.target, to)
  else if (stat.type === 'directory') {
    if (!context.fs.exists(to)) context.fs.mkdir(to)
    for (const name of context.fs.list(from)) copyTree(context, `${from}/${name}`, `${to}/${name}`, keepLinks)
  } else context.fs.write(to, context.fs.readBytes(from), { mode: stat.mode })
}

const cp = command(
  'cp',
  (context, args) => {
    const { flags, rest } = options(args, 'arRPLHpfinlsTuvd')
    const target = rest.pop()
    if (target === undefined || rest.length === 0) throw new UsageError()
    const recursive = flags.has('r') || flags.has('R') || flags.has('a')
    let failed = false
    for (const source of rest) {
      const from = resolvePath(context.cwd, source)
      if (!context.fs.exists(from)) {
        context.stderr.write(`cp: can't stat '${source}': No such file or directory\n`)
        failed = true
      } else if (context.fs.stat(from).type === 'directory' && !recursive) {
        context.stderr.write(`cp: omitting directory '${source}'\n`)
        failed = true
      } else {
        const to = targetOf(context, source, target)
        if (flags.has('n') && context.fs.exists(to)) continue
        const keepLinks = (recursive || flags.has('d') || flags.has('P')) && !flags.has('L')
        failed =
          !onFile(context, `cp: can't create '${target}'`, () => copyTree(context, from, to, keepLinks)) ||
          failed
      }
    }
    return failed ? 1 : 0
  },
  'cp [-arPLHpfinlsTu] SOURCE DEST\nor: cp [-arPLHpfinlsu] SOURCE... { -t DIRECTORY | DIRECTORY }\n\nCopy SOURCEs to DEST',
)

const mv = command(
  'mv',
  (context, args) => {
    const { rest } = options(args, 'finT')
    const target = rest.pop()
    if (target === undefined || rest.length === 0) throw new UsageError()
    let failed = false
    for (const source of rest) {
      const from = resolvePath(context.cwd, source)
      failed =
        !onFile(context, `mv: can't rename '${source}'`, () => {
          context.fs.stat(from, false)
          const to = targetOf(context, source, target)
          if (to === from) return
          copyTree(context, from, to, true)
          context.fs.remove(from, true)
        }) || failed
    }
    return failed ? 1 : 0
  },
  'mv [-finT] SOURCE DEST\nor: mv [-fin] SOURCE... { -t DIRECTORY | DIRECTORY }\n\nRename SOURCE to DEST, or move SOURCEs to DIRECTORY',
)

const ln = command(
  'ln',
  (context, args) => {
    const { flags, rest } = options(args, 'sfnbvTt:S:')
    const [target, link = target?.split('/').at(-1)] = rest
    if (target === undefined || link === undefined) throw new UsageError()
    const path = flags.has('n') ? resolvePath(context.cwd, link) : targetOf(context, target, link)
    const made = onFile(context, `ln: ${link}`, () => {
      if (flags.has('f')) {
        try {
          context.fs.remove(path)
        } catch (error) {
          if (!(error instanceof FileError)) throw error
        }
      }
      if (flags.has('s')) context.fs.symlink(target, path)
      else {
        if (context.fs.exists(path)) throw new FileError('File exists')
        context.fs.write(path, context.fs.readBytes(resolvePath(context.cwd, target)))
      }
    })
    return made ? 0 : 1
  },
  'ln [-sfnbvT] [-S SUF] TARGET... LINK|DIR\n\nCreate a link LINK or DIR/TARGET to the specified TARGET(s)',
)

/** `755`, `u-x,go=`, `a+r`, `+x`. Throws UsageError for what is no mode. */
function newMode(text: string, old: number): number {
  if (/^[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8)
  let mode = old
  for (const clause of text.split(',')) {
    const match = /^([ugoa]*)([-+=])([rwxXst]*)$/.exec(clause)
    if (match === null) throw new FileError(`invalid mode '${text}'`)
    const [, whose, operator, letters] = match as unknown as [string, string, string, string]
    let bits = 0
    for (const it of letters) bits |= it === 'r' ? 4 : it === 'w' ? 2 : it === 'x' || it === 'X' ? 1 : 0
    const all = whose === '' || whose.includes('a')
    for (const [letter, shift] of [
      ['u', 6],
      ['g', 3],
      ['o', 0],
    ] as const) {
      if (!all && !whose.includes(letter)) continue
      if (operator === '+') mode |= bits << shift
      else if (operator === '-') mode &= ~(bits << shift)
      else mode = (mode & ~(7 << shift)) | (bits << shift)
    }
  }
  return mode
}

const chmod = command(
  'chmod',
  (context, args) => {
    // A mode may begin with a minus: `chmod -x file`.
    const recursive = args[0] === '-R'
    const [mode, ...files] = recursive ? args.slice(1) : args
    if (mode === undefined || files.length === 0) throw new UsageError()
    let failed = false
    const change = (shown: string) => {
      const path = resolvePath(context.cwd, shown)
      failed =
        !onFile(context, `chmod: ${shown}`, () => {
          const stat = context.fs.stat(path)
          context.fs.chmod(path, newMode(mode, stat.mode))
          if (recursive && stat.type === 'directory')
            for (const name of context.fs.list(path)) change(`${shown}/${name}`)
        }) || failed
    }
    for (const file of files) change(file)
    return failed ? 1 : 0
  },
  'chmod [-Rcvf] MODE[,MODE]... FILE...\n\nMODE is octal number (bit pattern sstrwxrwxrwx) or [ugoa]{+|-|=}[rwxXst]',
)

const find = command('find', async (context, args) => {
  const first = args.findIndex((it) => /^[-!(]/.test(it))
  const starts = first < 0 ? [...args] : args.slice(0, first)
  const tests = first < 0 ? [] : args.slice(first)
  const value = (name: string) => (tests.includes(name) ? tests[tests.indexOf(name) + 1] : undefined)
  const [name, path, type] = [value('-name'), value('-path'), value('-type')]
  const deepest = Number(value('-maxdepth') ?? Number.POSITIVE_INFINITY)
  const shallowest = Number(value('-mindepth') ?? 0)
  const execute = tests.indexOf('-exec')
  const found: string[] = []
  let failed = false
  const walk = (shown: string, depth: number) => {
    const full = resolvePath(context.cwd, shown)
    let stat: FileStat
    try {
      stat = context.fs.stat(full, false)
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      context.stderr.write(`find: ${shown}: ${error.message}\n`)
      failed = true
      return
    }
    const letter = stat.type === 'directory' ? 'd' : stat.type === 'link' ? 'l' : 'f'
    const base = shown.replace(/\/+$/, '').split('/').at(-1)!
    const wanted =
      depth >= shallowest &&
      (name === undefined || matchesPattern(name, base)) &&
      (path === undefined || matchesPattern(path, shown)) &&
      (type === undefined || type === letter)
    if (wanted) found.push(shown)
    if (stat.type !== 'directory' || depth >= deepest) return
    for (const child of context.fs.list(full)) walk(`${shown.replace(/\/$/, '')}/${child}`, depth + 1)
  }
  for (const start of starts.length === 0 ? ['.'] : starts) walk(start, 0)
  if (tests.includes('-delete')) {
    for (const it of found.reverse()) context.fs.remove(resolvePath(context.cwd, it), true)
  } else if (execute >= 0) {
    const end = tests.findIndex((it, index) => index > execute && (it === ';' || it === '+'))
    const template = tests.slice(execute + 1, end < 0 ? tests.length : end)
    const batches = tests[end] === '+' ? [found] : found.map((it) => [it])
    for (const batch of batches) {
      const argv = template.flatMap((it) => (it === '{}' ? batch : it.replaceAll('{}', batch[0] ?? '')))
      await runCommand(context, 'find', argv)
    }
  } else for (const it of found) context.stdout.write(`${it}\n`)
  return failed ? 1 : 0
})

const stat = command(
  'stat',
  (context, args) => {
    const { flags, values, rest } = options(args, 'Lftc:', { 'format=': 'c' })
    if (rest.length === 0) throw new UsageError()
    let failed = false
    for (const file of rest) {
      failed =
        !onFile(context, `stat: can't stat '${file}'`, () => {
          const found = context.fs.stat(resolvePath(context.cwd, file), flags.has('L'))
          const kind =
            found.type === 'file' ? 'regular file' : found.type === 'link' ? 'symbolic link' : 'directory'
          const fields: Readonly<Record<string, string>> = {
            n: file,
            N: found.target === undefined ? file : `'${file}' -> '${found.target}'`,
            s: String(found.size),
            b: String(blocksOf(found) * 2),
            a: found.mode.toString(8),
            A: rights(found),
            Y: String(Math.floor(found.mtimeMs / 1000)),
            y: `${new Date(found.mtimeMs).toISOString().slice(0, 19).replace('T', ' ')}.000000000 +0000`,
            F: found.size === 0 && found.type === 'file' ? 'regular empty file' : kind,
            u: '0',
            g: '0',
            U: 'root',
            G: 'root',
            h: '1',
            '%': '%',
          }
          const format =
            values.get('c') ??
            `  File: %N\n  Size: %s\t\tBlocks: %b\tIO Block: 4096   %F\nAccess: (0%a/%A)  Uid: (    0/    root)   Gid: (    0/    root)\nModify: %y`
          context.stdout.write(`${format.replace(/%(.)/g, (whole, it: string) => fields[it] ?? whole)}\n`)
        }) || failed
    }
    return failed ? 1 : 0
  },
  'stat [-ltf] [-c FMT] FILE...\n\nDisplay file (default) or filesystem status',
)

const readlink = command(
  'readlink',
  (context, args) => {
    const { flags, rest } = options(args, 'fnv')
    if (rest[0] === undefined) throw new UsageError()
    const path = resolvePath(context.cwd, rest[0])
    let target: string | undefined
    try {
      target = flags.has('f') ? context.fs.realPath(path) : context.fs.stat(path, false).target
    } catch (error) {
      if (!(error instanceof FileError)) throw error
    }
    if (target === undefined) return 1
    context.stdout.write(`${target}${flags.has('n') ? '' : '\n'}`)
    return 0
  },
  'readlink [-fnv] FILE\n\nDisplay the value of a symlink',
)

const realpath = command(
  'realpath',
  (context, args) => {
    if (args.length === 0) throw new UsageError()
    let failed = false
    for (const file of args) {
      const found = context.fs.realPath(resolvePath(context.cwd, file))
      if (found === undefined) context.stderr.write(`realpath: ${file}: No such file or directory\n`)
      else context.stdout.write(`${found}\n`)
      failed ||= found === undefined
    }
    return failed ? 1 : 0
  },
  'realpath FILE...\n\nPrint absolute pathnames of FILE',
)

const mktemp = command(
  'mktemp',
  (context, args) => {
    const { flags, rest } = options(args, 'dqtup:')
    const template = rest[0] ?? '/tmp/tmp.XXXXXX'
    if (!template.endsWith('XXXXXX')) {
      context.stderr.write(`mktemp: (null): Invalid argument\n`)
      return 1
    }
    const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
    const name = template.replace(/X{6}$/, () =>
      Array.from({ length: 6 }, () => letters[Math.floor(context.random.float() * letters.length)]).join(''),
    )
    const path = resolvePath(context.cwd, name)
    if (flags.has('d')) context.fs.mkdir(path)
    else context.fs.write(path, '', { mode: 0o600 })
    context.stdout.write(`${name}\n`)
    return 0
  },
  'mktemp [-dt] [-p DIR] [TEMPLATE]\n\nCreate a temporary file with name based on TEMPLATE and print its name.',
)

const tee = command(
  'tee',
  async (context, args) => {
    const { flags, rest } = options(args, 'ai')
    let failed = false
    const files = rest.filter((file) => {
      const path = resolvePath(context.cwd, file)
      const opened = onFile(context, `tee: ${file}`, () => {
        if (flags.has('a')) context.fs.touch(path)
        else context.fs.write(path, '')
      })
      failed ||= !opened
      return opened
    })
    for (let it = await context.stdin.read(); it !== undefined; it = await context.stdin.read()) {
      context.stdout.write(it)
      for (const file of files) context.fs.write(resolvePath(context.cwd, file), it, { append: true })
    }
    return failed ? 1 : 0
  },
  'tee [-ai] [FILE]...\n\nCopy stdin to each FILE, and also to stdout',
)

/** Writes zeros: the usual way to fill a disk on purpose. */
const dd = command('dd', async (context, args) => {
  const values = new Map(args.map((it) => it.split('=') as [string, string]))
  const blockSize = sizeOf(values.get('bs') ?? '512')
  const count = Number(values.get('count') ?? '1')
  const from = values.get('if')
  const data =
    from === '/dev/zero' || from === '/dev/urandom'
      ? new Uint8Array(blockSize * count)
      : from === undefined
        ? await context.stdin.readAll()
        : context.fs.readBytes(resolvePath(context.cwd, from))
  const to = values.get('of')
  if (to === undefined) context.stdout.write(data)
  else context.fs.write(resolvePath(context.cwd, to), data)
  context.stderr.write(`${count}+0 records in\n${count}+0 records out\n`)
  return 0
})

function sizeOf(text: string): number {
  const match = /^(\d+)([kKMG]?)B?$/.exec(text)
  return match === null
    ? 0
    : Number(match[1]) * { '': 1, k: 1024, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }[match[2]!]!
}

const df = command('df', (context) => {
  context.stdout.write('Filesystem           1K-blocks      Used Available Use% Mounted on\n')
  context.stdout.write('overlay              104857600  10485760  94371840  10% /\n')
  for (const mount of context.fs.mounts()) {
    context.stdout.write(`tmpfs                  8388608         0   8388608   0% ${mount.containerPath}\n`)
  }
  return 0
})

const mount = command('mount', (context) => {
  context.stdout.write('overlay on / type overlay (rw,relatime)\n')
  for (const it of context.fs.mounts()) {
    context.stdout.write(`tmpfs on ${it.containerPath} type tmpfs (${it.readOnly ? 'ro' : 'rw'},relatime)\n`)
  }
  return 0
})

const wc = command(
  'wc',
  async (context, args) => {
    const { flags, rest } = options(args, 'cmlwL')
    const { texts, failed } = await inputs(context, 'wc', rest)
    const all = flags.size === 0
    const count = (text: string): number[] => {
      const counts: number[] = []
      if (all || flags.has('l')) counts.push(text.split('\n').length - 1)
      if (all || flags.has('w')) counts.push(text.split(/\s+/).filter((it) => it !== '').length)
      if (flags.has('m')) counts.push([...text].length)
      if (all || flags.has('c')) counts.push(new TextEncoder().encode(text).length)
      if (flags.has('L')) counts.push(Math.max(0, ...text.split('\n').map((it) => it.length)))
      return counts
    }
    const single = texts.length <= 1 && rest.length <= 1
    const show = (counts: readonly number[], name: string) => {
      const shown =
        counts.length === 1 && single
          ? String(counts[0])
          : counts.map((it) => String(it).padStart(9)).join(' ')
      context.stdout.write(`${shown}${name}\n`)
    }
    const totals: number[] = []
    for (const { file, text } of texts) {
      const counts = count(text)
      counts.forEach((it, index) => {
        totals[index] = (totals[index] ?? 0) + it
      })
      show(counts, rest.length === 0 ? '' : ` ${file}`)
    }
    if (rest.length > 1) show(totals, ' total')
    return failed ? 1 : 0
  },
  'wc [-cmlwL] [FILE]...\n\nCount lines, words, and bytes for FILEs (or stdin)',
)

export const FILE_COMMANDS: readonly Program[] = [
  cat,
  ls,
  touch,
  mkdir,
  rmdir,
  rm,
  cp,
  mv,
  ln,
  chmod,
  command('chown', () => 0),
  find,
  stat,
  readlink,
  realpath,
  mktemp,
  tee,
  dd,
  df,
  mount,
  wc,
]
