/**
 * `sh`: enough of a POSIX shell for the commands that people put in manifests and type into `kubectl exec`.
 * Interactive when it has a terminal or `-i`: then it reads, evaluates and prompts.
 */

import { Pipe } from '../pipe.ts'
import type { ProcessContext, Program, Signal } from '../program.ts'
import { resolvePath } from '../vfs.ts'
import { evaluate } from './arithmetic.ts'
import { glob, isPattern, matchesPattern } from './glob.ts'
import { type Command, parseScript, type Redirect, ShellSyntaxError, type Word } from './syntax.ts'

interface Streams {
  readonly stdin: Pipe
  readonly stdout: Pipe
  readonly stderr: Pipe
}

/** Unwinds the interpreter. */
class Leave {
  readonly kind: 'exit' | 'return' | 'break' | 'continue'
  readonly value: number

  constructor(kind: Leave['kind'], value: number) {
    this.kind = kind
    this.value = value
  }
}

type Builtin = (shell: Shell, args: readonly string[], streams: Streams) => number | Promise<number>

class Shell {
  readonly context: ProcessContext
  variables: Map<string, string>
  exported: Set<string>
  readonly functions = new Map<string, Command>()
  readonly traps = new Map<string, string>()
  readonly jobs: Promise<number>[] = []
  arguments: readonly string[] = []
  name = 'sh'
  cwd: string
  status = 0
  lastPid = 0
  exitOnError = false
  trace = false
  readonly #pending: string[] = []
  /** Children that a signal is passed on to by nobody: the shell waits for them. */
  #wake: (() => void) | undefined

  constructor(context: ProcessContext) {
    this.context = context
    this.variables = new Map(context.env)
    this.exported = new Set(context.env.keys())
    this.cwd = context.cwd
  }

  /** A subshell sees everything and changes nothing here. */
  fork(): Shell {
    const child = new Shell(this.context)
    child.variables = new Map(this.variables)
    child.exported = new Set(this.exported)
    for (const [name, body] of this.functions) child.functions.set(name, body)
    child.arguments = this.arguments
    child.name = this.name
    child.cwd = this.cwd
    child.status = this.status
    child.exitOnError = this.exitOnError
    return child
  }

  get streams(): Streams {
    const { stdin, stdout, stderr } = this.context
    return { stdin, stdout, stderr }
  }

  /** Runs a whole script; returns its exit status. */
  async script(text: string, streams = this.streams): Promise<number> {
    try {
      await this.run(parseScript(text), streams)
    } catch (error) {
      if (error instanceof Leave)
        this.status = error.kind === 'exit' || error.kind === 'return' ? error.value : 0
      else if (error instanceof ShellSyntaxError) {
        streams.stderr.write(`${this.name}: ${error.message}\n`)
        this.status = 2
      } else throw error
    }
    return this.status
  }

  async run(command: Command, streams: Streams, tested = false): Promise<number> {
    await this.#runTraps(streams)
    switch (command.type) {
      case 'list':
        for (const it of command.commands) {
          await this.run(it, streams, tested)
          if (this.exitOnError && !tested && this.status !== 0 && it.type !== 'and' && it.type !== 'or') {
            throw new Leave('exit', this.status)
          }
        }
        return this.status
      case 'and':
        if ((await this.run(command.left, streams, true)) === 0)
          await this.run(command.right, streams, tested)
        return this.status
      case 'or':
        if ((await this.run(command.left, streams, true)) !== 0)
          await this.run(command.right, streams, tested)
        return this.status
      case 'pipeline':
        return this.#pipeline(command, streams)
      case 'background':
        return this.#background(command.command, streams)
      case 'simple':
        return this.#simple(command, streams)
      case 'function':
        this.functions.set(command.name, command.body)
        return (this.status = 0)
    }
    return this.#redirected(command.redirects, streams, (inner) => this.#compound(command, inner, tested))
  }

  async #compound(command: Command, streams: Streams, tested: boolean): Promise<number> {
    switch (command.type) {
      case 'group':
        return this.run(command.body, streams, tested)
      case 'subshell': {
        const child = this.fork()
        try {
          await child.run(command.body, streams, tested)
        } catch (error) {
          if (!(error instanceof Leave)) throw error
          child.status = error.value
        }
        return (this.status = child.status)
      }
      case 'if':
        for (const branch of command.branches) {
          if ((await this.run(branch.test, streams, true)) === 0)
            return this.run(branch.body, streams, tested)
        }
        this.status = 0
        return command.otherwise === undefined ? 0 : this.run(command.otherwise, streams, tested)
      case 'while': {
        let last = 0
        while (((await this.run(command.test, streams, true)) === 0) !== command.until) {
          if (await this.#iteration(command.body, streams)) break
          last = this.status
        }
        return (this.status = last)
      }
      case 'for': {
        const items =
          command.words === undefined ? [...this.arguments] : await this.expandAll(command.words, streams)
        this.status = 0
        for (const item of items) {
          this.variables.set(command.name, item)
          if (await this.#iteration(command.body, streams)) break
        }
        return this.status
      }
      case 'case': {
        const value = await this.expandOne(command.word, streams)
        for (const branch of command.branches) {
          for (const pattern of branch.patterns) {
            if (matchesPattern(await this.expandOne(pattern, streams), value))
              return this.run(branch.body, streams, tested)
          }
        }
        return (this.status = 0)
      }
      default:
        throw new Error(`no compound command: ${command.type}`)
    }
  }

  /** True: the loop ends. */
  async #iteration(body: Command, streams: Streams): Promise<boolean> {
    try {
      await this.run(body, streams)
      return false
    } catch (error) {
      if (!(error instanceof Leave) || (error.kind !== 'break' && error.kind !== 'continue')) throw error
      if (error.value > 1) throw new Leave(error.kind, error.value - 1)
      return error.kind === 'break'
    }
  }

  async #pipeline(command: Extract<Command, { type: 'pipeline' }>, streams: Streams): Promise<number> {
    const { loop } = this.context
    if (command.commands.length === 1) {
      await this.run(command.commands[0]!, streams, true)
    } else {
      let stdin = streams.stdin
      const running: Promise<number>[] = []
      command.commands.forEach((it, index) => {
        const last = index === command.commands.length - 1
        const pipe = last ? undefined : new Pipe(loop)
        const inner = { stdin, stdout: pipe ?? streams.stdout, stderr: streams.stderr }
        const child = last ? this : this.fork()
        running.push(
          child.run(it, inner).then(
            (status) => {
              pipe?.end()
              return status
            },
            (error) => {
              pipe?.end()
              if (error instanceof Leave && !last) return error.value
              throw error
            },
          ),
        )
        if (pipe !== undefined) stdin = pipe
      })
      const statuses = await Promise.all(running)
      this.status = statuses.at(-1)!
    }
    if (command.negated) this.status = this.status === 0 ? 1 : 0
    return this.status
  }

  #background(command: Command, streams: Streams): number {
    const child = this.fork()
    const { loop } = this.context
    const job = child.run(command, { ...streams, stdin: Pipe.empty(loop) }).catch((error) => {
      if (error instanceof Leave) return error.value
      throw error
    })
    this.jobs.push(job)
    this.lastPid = this.context.pid + this.jobs.length
    return (this.status = 0)
  }

  async #simple(command: Extract<Command, { type: 'simple' }>, streams: Streams): Promise<number> {
    const words = await this.expandAll(command.words, streams)
    const assignments: [string, string][] = []
    for (const { name, value } of command.assignments)
      assignments.push([name, await this.expandOne(value, streams)])
    if (words.length === 0) {
      for (const [name, value] of assignments) this.variables.set(name, value)
      if (command.redirects.length > 0) return this.#redirected(command.redirects, streams, async () => 0)
      if (
        command.assignments.length > 0 &&
        !command.assignments.some((it) => it.value.some((part) => part.type === 'command'))
      ) {
        this.status = 0
      }
      return this.status
    }
    if (this.trace) streams.stderr.write(`+ ${words.join(' ')}\n`)
    return this.#redirected(command.redirects, streams, (inner) => this.#execute(words, assignments, inner))
  }

  async #execute(
    words: readonly string[],
    assignments: readonly (readonly [string, string])[],
    streams: Streams,
  ): Promise<number> {
    const [name, ...args] = words as [string, ...string[]]
    const body = this.functions.get(name)
    if (body !== undefined) {
      const outer = this.arguments
      this.arguments = args
      try {
        return await this.run(body, streams)
      } catch (error) {
        if (!(error instanceof Leave) || error.kind !== 'return') throw error
        return (this.status = error.value)
      } finally {
        this.arguments = outer
      }
    }
    const builtin = BUILTINS.get(name)
    if (builtin !== undefined) {
      for (const [variable, value] of assignments) this.variables.set(variable, value)
      return (this.status = await builtin(this, args, streams))
    }
    const env = new Map<string, string>()
    for (const variable of this.exported) {
      const value = this.variables.get(variable)
      if (value !== undefined) env.set(variable, value)
    }
    for (const [variable, value] of assignments) env.set(variable, value)
    if (name.includes('/') && this.context.fs.exists(resolvePath(this.cwd, name))) {
      const file = resolvePath(this.cwd, name)
      if (this.context.fs.stat(file).type === 'file') return this.#scriptFile(file, args, streams)
    }
    const child = this.context.spawn(words, {
      stdin: streams.stdin,
      // The child ends its own copy of a stream, not ours.
      stdout: passingOn(this.context, streams.stdout),
      stderr: passingOn(this.context, streams.stderr),
      env,
      cwd: this.cwd,
    })
    const status = await this.#interruptible(child.exited)
    if (status === 'signal') {
      // A trapped signal interrupts the wait only after the child has ended, as in every shell.
      this.status = await child.exited
      await this.#runTraps(streams)
    } else this.status = status
    return this.status
  }

  async #scriptFile(path: string, args: readonly string[], streams: Streams): Promise<number> {
    const child = this.fork()
    child.arguments = args
    child.name = path
    return (this.status = await child.script(this.context.fs.readText(path), streams))
  }

  async #interruptible(exited: Promise<number>): Promise<number | 'signal'> {
    return exited
  }

  /** Waits for all background jobs, or until a trapped signal comes. */
  async wait(streams: Streams): Promise<number> {
    const all = Promise.all(this.jobs.splice(0))
    if (this.traps.size === 0) {
      await all
      return 0
    }
    const { loop } = this.context
    const signalled = loop.suspend<'signal'>()
    this.#wake = () => signalled.resume('signal')
    const first = await Promise.race([all.then(() => 'done' as const), signalled.promise])
    this.#wake = undefined
    if (first === 'done') signalled.resume('signal')
    await this.#runTraps(streams)
    return first === 'done' ? 0 : 143
  }

  /** `trap 'commands' TERM`: run between two commands, as soon as the one under way has ended. */
  trap(commands: string, signals: readonly string[]): void {
    for (const raw of signals) {
      const signal = raw.replace(/^SIG/, '')
      if (signal === 'EXIT' || signal === '0') {
        this.traps.set('EXIT', commands)
        continue
      }
      const name = `SIG${signal}` as Signal
      if (commands === '-') {
        this.traps.delete(signal)
        this.context.onSignal(name, undefined)
        continue
      }
      this.traps.set(signal, commands)
      this.context.onSignal(name, () => {
        this.#pending.push(signal)
        this.#wake?.()
      })
    }
  }

  async #runTraps(streams: Streams): Promise<void> {
    for (let signal = this.#pending.shift(); signal !== undefined; signal = this.#pending.shift()) {
      const commands = this.traps.get(signal)
      if (commands !== undefined && commands !== '') await this.run(parseScript(commands), streams)
    }
  }

  async onExit(): Promise<void> {
    const commands = this.traps.get('EXIT')
    if (commands !== undefined) await this.script(commands)
  }

  // -- redirects ----------------------------------------------------------------------------------------

  async #redirected(
    redirects: readonly Redirect[],
    streams: Streams,
    body: (streams: Streams) => Promise<number>,
  ): Promise<number> {
    if (redirects.length === 0) return body(streams)
    const { loop, fs } = this.context
    const fds: Pipe[] = [streams.stdin, streams.stdout, streams.stderr]
    try {
      for (const { fd, operator, target } of redirects) {
        const word = await this.expandOne(target, streams)
        if (operator === '>&') {
          fds[fd] = word === '-' ? new Pipe(loop, () => {}) : (fds[Number(word)] ?? fds[fd]!)
        } else if (operator === '<<') fds[fd] = filledPipe(this.context, word)
        else if (operator === '<') {
          fds[fd] =
            word === '/dev/null'
              ? Pipe.empty(loop)
              : filledPipe(this.context, fs.readBytes(resolvePath(this.cwd, word)))
        } else fds[fd] = this.#outputFile(word, operator === '>>')
      }
    } catch (error) {
      streams.stderr.write(
        `${this.name}: can't open file: ${error instanceof Error ? error.message : error}\n`,
      )
      return (this.status = 1)
    }
    return (this.status = await body({ stdin: fds[0]!, stdout: fds[1]!, stderr: fds[2]! }))
  }

  #outputFile(word: string, append: boolean): Pipe {
    const { loop, fs, stdout, stderr } = this.context
    if (word === '/dev/null') return new Pipe(loop, () => {})
    if (word === '/dev/stdout' || word === '/proc/1/fd/1') return stdout
    if (word === '/dev/stderr' || word === '/proc/1/fd/2') return stderr
    const path = resolvePath(this.cwd, word)
    if (append) fs.touch(path)
    else fs.write(path, '')
    return new Pipe(loop, (chunk) => fs.write(path, appended(fs.readBytes(path), chunk)))
  }

  // -- expansion ----------------------------------------------------------------------------------------

  async expandAll(words: readonly Word[], streams: Streams): Promise<string[]> {
    const all: string[] = []
    for (const word of words) all.push(...(await this.#expandWord(word, streams)))
    return all
  }

  /** As in assignments and redirects: no splitting, no patterns. */
  async expandOne(word: Word, streams: Streams): Promise<string> {
    let text = ''
    for (const part of word) text += await this.#value(part, streams)
    return text.startsWith('~') && (text.length === 1 || text[1] === '/') && !word[0]?.quoted
      ? (this.variables.get('HOME') ?? '/root') + text.slice(1)
      : text
  }

  async #expandWord(word: Word, streams: Streams): Promise<string[]> {
    const fields: { text: string; pattern: boolean }[] = []
    let current: { text: string; pattern: boolean } | undefined
    const begin = () => (current ??= { text: '', pattern: false })
    for (const part of word) {
      if (part.type === 'variable' && part.expression === '@' && part.quoted) {
        this.arguments.forEach((argument, index) => {
          if (index > 0 && current !== undefined) {
            fields.push(current)
            current = undefined
          }
          begin().text += argument
        })
        continue
      }
      const value = await this.#value(part, streams)
      if (part.quoted || part.type === 'text') {
        const field = begin()
        field.text += value
        if (!part.quoted && isPattern(value)) field.pattern = true
        continue
      }
      const pieces = value.split(/[ \t\n]+/)
      pieces.forEach((piece, index) => {
        if (index > 0 && current !== undefined) {
          fields.push(current)
          current = undefined
        }
        if (piece !== '') {
          begin().text += piece
          if (isPattern(piece)) current!.pattern = true
        }
      })
    }
    if (current !== undefined) fields.push(current)
    const expanded: string[] = []
    for (const { text, pattern } of fields) {
      if (pattern) expanded.push(...glob(text, this.cwd, this.context.fs))
      else if (!word[0]?.quoted && (text === '~' || text.startsWith('~/'))) {
        expanded.push((this.variables.get('HOME') ?? '/root') + text.slice(1))
      } else expanded.push(text)
    }
    return expanded
  }

  async #value(part: Word[number], streams: Streams): Promise<string> {
    switch (part.type) {
      case 'text':
        return part.text
      case 'variable':
        return this.#variable(part.expression, streams)
      case 'arithmetic': {
        const text = await this.#interpolate(part.expression, streams)
        return String(evaluate(text, (name) => this.variables.get(name) ?? '0'))
      }
      case 'command': {
        const { loop } = this.context
        const chunks: Uint8Array[] = []
        const stdout = new Pipe(loop, (chunk) => chunks.push(chunk))
        const child = this.fork()
        this.status = await child.script(part.script, { ...streams, stdout })
        const decoder = new TextDecoder()
        return chunks
          .map((it) => decoder.decode(it, { stream: true }))
          .join('')
          .replace(/\n+$/, '')
      }
    }
  }

  async #interpolate(text: string, streams: Streams): Promise<string> {
    if (!text.includes('$')) return text
    const parsed = parseScript(`: "${text.replaceAll('"', '\\"')}"`)
    const simple = parsed.type === 'list' ? parsed.commands[0] : undefined
    return simple?.type === 'simple' ? this.expandOne(simple.words[1]!, streams) : text
  }

  async #variable(expression: string, streams: Streams): Promise<string> {
    if (expression.startsWith('#') && expression.length > 1)
      return String(this.lookup(expression.slice(1))?.length ?? 0)
    const match = /^([A-Za-z_]\w*|[0-9@*#?$!-])(:?[-=+?]|##?|%%?)?([\s\S]*)$/.exec(expression)
    if (match === null) return ''
    const [, name, operator, rest] = match as unknown as [string, string, string | undefined, string]
    const value = this.lookup(name)
    if (operator === undefined) return value ?? ''
    const absent = value === undefined || (operator.startsWith(':') && value === '')
    const word = await this.#interpolate(rest, streams)
    switch (operator.replace(':', '')) {
      case '-':
        return absent ? word : value!
      case '=':
        if (absent) this.variables.set(name, word)
        return absent ? word : value!
      case '+':
        return absent ? '' : word
      case '?':
        if (absent) {
          streams.stderr.write(`${this.name}: ${name}: ${word || 'parameter not set'}\n`)
          throw new Leave('exit', 2)
        }
        return value!
      default:
        return trimmed(value ?? '', operator, word)
    }
  }

  lookup(name: string): string | undefined {
    switch (name) {
      case '?':
        return String(this.status)
      case '$':
        return String(this.context.pid)
      case '!':
        return String(this.lastPid)
      case '#':
        return String(this.arguments.length)
      case '@':
      case '*':
        return this.arguments.join(' ')
      case '0':
        return this.name
      case '-':
        return this.exitOnError ? 'e' : ''
      case 'PWD':
        return this.cwd
    }
    if (/^[1-9]\d*$/.test(name)) return this.arguments[Number(name) - 1]
    return this.variables.get(name)
  }
}

/** `${name#pattern}` and its kin. */
function trimmed(value: string, operator: string, pattern: string): string {
  const front = operator.startsWith('#')
  const longest = operator.length === 2
  const lengths = Array.from({ length: value.length + 1 }, (_, i) => (longest ? value.length - i : i))
  for (const length of lengths) {
    const piece = front ? value.slice(0, length) : value.slice(value.length - length)
    if (matchesPattern(pattern, piece))
      return front ? value.slice(length) : value.slice(0, value.length - length)
  }
  return value
}

function passingOn(context: ProcessContext, to: Pipe): Pipe {
  return new Pipe(context.loop, (chunk) => to.write(chunk))
}

function filledPipe(context: ProcessContext, data: string | Uint8Array): Pipe {
  const pipe = new Pipe(context.loop)
  pipe.write(data)
  pipe.end()
  return pipe
}

function appended(before: Uint8Array, chunk: Uint8Array): Uint8Array {
  const all = new Uint8Array(before.length + chunk.length)
  all.set(before)
  all.set(chunk, before.length)
  return all
}

const BUILTINS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  [':', () => 0],
  ['exit', (shell, [code]) => leave('exit', code === undefined ? shell.status : Number(code))],
  ['return', (shell, [code]) => leave('return', code === undefined ? shell.status : Number(code))],
  ['break', (_shell, [count = '1']) => leave('break', Number(count))],
  ['continue', (_shell, [count = '1']) => leave('continue', Number(count))],
  [
    'cd',
    (shell, [path = shell.variables.get('HOME') ?? '/'], { stderr }) => {
      const target = resolvePath(shell.cwd, path === '-' ? (shell.variables.get('OLDPWD') ?? '/') : path)
      if (!shell.context.fs.exists(target) || shell.context.fs.stat(target).type !== 'directory') {
        stderr.write(`${shell.name}: cd: can't cd to ${path}: No such file or directory\n`)
        return 2
      }
      shell.variables.set('OLDPWD', shell.cwd)
      shell.cwd = target
      return 0
    },
  ],
  [
    'export',
    (shell, args, { stdout }) => {
      if (args.length === 0) {
        for (const name of [...shell.exported].sort())
          stdout.write(`export ${name}='${shell.variables.get(name) ?? ''}'\n`)
      }
      for (const arg of args) {
        const at = arg.indexOf('=')
        const name = at < 0 ? arg : arg.slice(0, at)
        if (at >= 0) shell.variables.set(name, arg.slice(at + 1))
        shell.exported.add(name)
      }
      return 0
    },
  ],
  [
    'unset',
    (shell, args) => {
      for (const name of args) {
        shell.variables.delete(name)
        shell.functions.delete(name)
      }
      return 0
    },
  ],
  [
    'set',
    (shell, args, { stdout }) => {
      if (args.length === 0) {
        for (const name of [...shell.variables.keys()].sort())
          stdout.write(`${name}='${shell.variables.get(name)}'\n`)
        return 0
      }
      for (const [index, arg] of args.entries()) {
        if (arg === '--') {
          shell.arguments = args.slice(index + 1)
          break
        }
        if (/^[-+][a-z]+$/.test(arg)) {
          if (arg.includes('e')) shell.exitOnError = arg.startsWith('-')
          if (arg.includes('x')) shell.trace = arg.startsWith('-')
        }
      }
      return 0
    },
  ],
  [
    'shift',
    (shell, [count = '1']) => {
      shell.arguments = shell.arguments.slice(Number(count))
      return 0
    },
  ],
  [
    'read',
    async (shell, args, { stdin }) => {
      const names = args.filter((it) => !it.startsWith('-'))
      const line = await stdin.readLine()
      const fields = (line ?? '').trim().split(/[ \t]+/)
      names.forEach((name, index) => {
        const last = index === names.length - 1
        shell.variables.set(name, last ? fields.slice(index).join(' ') : (fields[index] ?? ''))
      })
      return line === undefined ? 1 : 0
    },
  ],
  ['eval', (shell, args, streams) => shell.run(parseScript(args.join(' ')), streams)],
  [
    'exec',
    async (shell, args, streams) => {
      if (args.length === 0) return 0
      const script = parseScript(args.map((it) => `'${it.replaceAll("'", "'\\''")}'`).join(' '))
      throw new Leave('exit', await shell.run(script, streams))
    },
  ],
  [
    'trap',
    (shell, args) => {
      const [commands = '-', ...signals] = args
      shell.trap(commands, signals)
      return 0
    },
  ],
  ['wait', (shell, _args, streams) => shell.wait(streams)],
  [
    'command',
    (shell, args, streams) => {
      if (args[0] === '-v') return shell.run(parseScript(`which ${args[1]}`), streams)
      return shell.run(parseScript(args.map((it) => `'${it.replaceAll("'", "'\\''")}'`).join(' ')), streams)
    },
  ],
  [
    'type',
    (shell, args, { stdout }) => {
      for (const name of args)
        stdout.write(`${name} is ${BUILTINS.has(name) ? 'a shell builtin' : `/bin/${name}`}\n`)
      return shell.status * 0
    },
  ],
  [
    'umask',
    (_shell, args, { stdout }) => {
      if (args.length === 0) stdout.write('0022\n')
      return 0
    },
  ],
  ['ulimit', () => 0],
  ['local', setAll],
  ['readonly', setAll],
  [
    '.',
    (shell, [path = ''], streams) =>
      shell.run(parseScript(shell.context.fs.readText(resolvePath(shell.cwd, path))), streams),
  ],
])

function leave(kind: Leave['kind'], value: number): never {
  throw new Leave(kind, Number.isNaN(value) ? 2 : value)
}

function setAll(shell: Shell, args: readonly string[]): number {
  for (const arg of args) {
    const at = arg.indexOf('=')
    if (at > 0) shell.variables.set(arg.slice(0, at), arg.slice(at + 1))
  }
  return 0
}

async function interactive(shell: Shell): Promise<number> {
  const { context } = shell
  const prompt = () => context.tty && context.stdout.write(`${shell.cwd} # `)
  prompt()
  for (let line = await context.stdin.readLine(); line !== undefined; line = await context.stdin.readLine()) {
    const text = line.replace(/\r$/, '')
    const exit = /^\s*exit(?:\s+(\d+))?\s*$/.exec(text)
    if (exit !== null) return exit[1] === undefined ? shell.status : Number(exit[1])
    await shell.script(text)
    prompt()
  }
  return shell.status
}

async function main(context: ProcessContext): Promise<number> {
  const shell = new Shell(context)
  const args = context.argv.slice(1)
  let status: number
  let at = 0
  let script: string | undefined
  for (; at < args.length && /^[-+]/.test(args[at]!); at++) {
    const flags = args[at]!
    if (flags.includes('e')) shell.exitOnError = true
    if (flags.includes('x')) shell.trace = true
    if (flags.includes('c')) {
      script = args[++at] ?? ''
      at++
      break
    }
  }
  if (script !== undefined) {
    shell.name = args[at] ?? context.argv[0]!
    shell.arguments = args.slice(at + 1)
    status = await shell.script(script)
  } else if (args[at] !== undefined) {
    shell.name = args[at]!
    shell.arguments = args.slice(at + 1)
    const path = resolvePath(context.cwd, args[at]!)
    if (!context.fs.exists(path)) {
      context.stderr.write(`sh: 0: cannot open ${args[at]}: No such file\n`)
      return 2
    }
    status = await shell.script(context.fs.readText(path))
  } else if (context.tty) {
    // A shell at a terminal shrugs off what the terminal sends.
    context.onSignal('SIGINT', () => {})
    status = await interactive(shell)
  } else status = await interactive(shell)
  await shell.onExit()
  return status
}

export const sh: Program = { name: 'sh', start: main }
