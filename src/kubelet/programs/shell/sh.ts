/**
 * `sh`: enough of a POSIX shell for the commands that people put in manifests and type into `kubectl exec`.
 * Interactive when it has a terminal or `-i`: then it reads, evaluates and prompts.
 */

import { Pipe } from '../pipe.ts'
import type { ChildProcess, ProcessContext, Program, Signal } from '../program.ts'
import { FileError, resolvePath } from '../vfs.ts'
import { ArithmeticError, evaluate } from './arithmetic.ts'
import { glob, isPattern, matchesPattern } from './glob.ts'
import { type Command, parseScript, type Redirect, ShellSyntaxError, type Word } from './syntax.ts'

/** `exec` without a command changes them for the commands that follow. */
interface Streams {
  stdin: Pipe
  stdout: Pipe
  stderr: Pipe
  /** Descriptors 3 and on. */
  more?: readonly Pipe[]
}

/** A command that cannot go on: told under the shell's name; the shell ends with status 2, or the command with 1. */
class ShellError extends Error {}

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
  /** bash's arrays; a name is one or the other. */
  readonly arrays = new Map<string, readonly string[]>()
  exported: Set<string>
  readonly functions = new Map<string, Command>()
  readonly traps = new Map<string, string>()
  /** Background processes by pid, until they were waited for. */
  jobs = new Map<number, ChildProcess>()
  readonly readonlyNames = new Set<string>()
  /** Variables that a function's `local` hides: what to put back when it returns. */
  locals: Map<string, string | undefined> | undefined
  arguments: readonly string[] = []
  name = 'sh'
  cwd: string
  status = 0
  lastPid = 0
  exitOnError = false
  trace = false
  noUnset = false
  pipeFail = false
  /** In a subshell. */
  nested = false
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
    for (const [name, elements] of this.arrays) child.arrays.set(name, elements)
    for (const [name, body] of this.functions) child.functions.set(name, body)
    child.arguments = this.arguments
    child.name = this.name
    child.cwd = this.cwd
    child.status = this.status
    child.exitOnError = this.exitOnError
    child.noUnset = this.noUnset
    child.pipeFail = this.pipeFail
    child.jobs = this.jobs
    child.lastPid = this.lastPid
    for (const name of this.readonlyNames) child.readonlyNames.add(name)
    child.nested = true
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
      else if (
        error instanceof ShellSyntaxError ||
        error instanceof ShellError ||
        error instanceof ArithmeticError
      ) {
        streams.stderr.write(`${this.name}: ${error.message}\n`)
        this.status = 2
      } else throw error
    }
    return this.status
  }

  async run(command: Command, streams: Streams, tested = false): Promise<number> {
    if (this.#pending.length > 0) await this.#runTraps(streams)
    // Nobody reads what we would write: SIGPIPE.
    if (streams.stdout.stopped) throw new Leave('exit', 141)
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
        return this.#simple(command, streams, tested)
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
        const input = stdin
        const inner = { stdin, stdout: pipe ?? streams.stdout, stderr: streams.stderr }
        const child = this.fork()
        const over = () => {
          pipe?.end()
          if (index > 0) input.stop()
        }
        running.push(
          child.run(it, inner).then(
            (status) => {
              over()
              return status
            },
            (error) => {
              over()
              return child.#endOf(error, streams)
            },
          ),
        )
        if (pipe !== undefined) stdin = pipe
      })
      const statuses = await Promise.all(running)
      this.status = (this.pipeFail ? statuses.findLast((it) => it !== 0) : statuses.at(-1)) ?? 0
    }
    if (command.negated) this.status = this.status === 0 ? 1 : 0
    return this.status
  }

  /** The status with which an error that nobody caught ends a subshell. */
  #endOf(error: unknown, streams: Streams): number {
    if (error instanceof Leave) return error.value
    if (!(error instanceof ShellError || error instanceof ArithmeticError)) throw error
    streams.stderr.write(`${this.name}: ${error.message}\n`)
    return 2
  }

  /** `command &`: a program by itself, anything else in a shell of its own. */
  async #background(command: Command, streams: Streams): Promise<number> {
    const { context } = this
    const io = {
      stdin: Pipe.empty(context.loop),
      stdout: Pipe.into(context.loop, streams.stdout),
      stderr: Pipe.into(context.loop, streams.stderr),
      cwd: this.cwd,
    }
    const words =
      command.type === 'simple' && command.redirects.length === 0
        ? await this.expandAll(command.words, streams)
        : []
    const plain = words[0] !== undefined && !this.functions.has(words[0]) && !BUILTINS.has(words[0])
    let child: ChildProcess
    if (plain && context.has(words[0]!)) child = context.spawn(words, { ...io, env: this.#environment([]) })
    else {
      const start = async (own: ProcessContext) => {
        const shell = this.fork()
        const inner = { stdin: own.stdin, stdout: own.stdout, stderr: own.stderr }
        try {
          return await shell.run(command, inner)
        } catch (error) {
          return shell.#endOf(error, inner)
        }
      }
      child = context.spawn(context.argv, { ...io, env: this.#environment([]) }, { name: 'sh', start })
    }
    this.jobs.set(child.pid, child)
    this.lastPid = child.pid
    return (this.status = 0)
  }

  async #simple(
    command: Extract<Command, { type: 'simple' }>,
    streams: Streams,
    tested: boolean,
  ): Promise<number> {
    const words = await this.expandAll(command.words, streams)
    const assignments: [string, string][] = []
    for (const { name, value, elements } of command.assignments) {
      if (elements === undefined) assignments.push([name, await this.expandOne(value, streams)])
      else this.arrays.set(name, await this.expandAll(elements, streams))
    }
    if (words[0] === '[[' && words[2] === '=~') {
      this.arrays.set('BASH_REMATCH', new RegExp(words[3]!).exec(words[1]!) ?? [])
    }
    if (words.length === 0) {
      for (const [name, value] of assignments) this.assign(name, value)
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
    if (words[0] === 'exec' && words.length === 1) {
      return this.#redirected(command.redirects, streams, async (inner) => {
        Object.assign(streams, inner)
        return 0
      })
    }
    return this.#redirected(command.redirects, streams, (inner) =>
      this.#execute(words, assignments, inner, tested),
    )
  }

  async #execute(
    words: readonly string[],
    assignments: readonly (readonly [string, string])[],
    streams: Streams,
    tested: boolean,
  ): Promise<number> {
    const [name, ...args] = words as [string, ...string[]]
    const body = this.functions.get(name)
    if (body !== undefined) return this.#call(body, args, streams, tested)
    const builtin = BUILTINS.get(name)
    if (builtin !== undefined) {
      const before = assignments.map(([variable]) => [variable, this.variables.get(variable)] as const)
      for (const [variable, value] of assignments) this.assign(variable, value)
      try {
        return (this.status = await builtin(this, args, streams))
      } finally {
        // Those before an ordinary command last as long as it does.
        if (!SPECIAL.has(name)) for (const [variable, value] of before) this.#restore(variable, value)
      }
    }
    const fail = (status: number, problem: string) => {
      streams.stderr.write(`${this.name}: ${name}: ${problem}\n`)
      return (this.status = status)
    }
    const known = this.context.has(name)
    if (name.includes('/')) {
      const file = resolvePath(this.cwd, name)
      if (this.context.fs.exists(file)) {
        const { type, mode } = this.context.fs.stat(file)
        if (type === 'directory' || (mode & 0o111) === 0) return fail(126, 'Permission denied')
        return this.#scriptFile(file, args, streams)
      }
    }
    if (!known) return fail(127, 'not found')
    const child = this.context.spawn(words, {
      stdin: streams.stdin,
      // The child ends its own copy of a stream, not ours.
      stdout: Pipe.into(this.context.loop, streams.stdout),
      stderr: Pipe.into(this.context.loop, streams.stderr),
      env: this.#environment(assignments),
      cwd: this.cwd,
    })
    this.status = await child.exited
    if (child.killedBy === 'SIGTERM') streams.stderr.write('Terminated\n')
    else if (child.killedBy === 'SIGKILL') streams.stderr.write('Killed\n')
    // A trapped signal interrupts the wait only after the child has ended, as in every shell.
    await this.#runTraps(streams)
    return this.status
  }

  async #call(body: Command, args: readonly string[], streams: Streams, tested: boolean): Promise<number> {
    const outer = this.arguments
    const outerLocals = this.locals
    const locals = new Map<string, string | undefined>()
    this.arguments = args
    this.locals = locals
    try {
      return await this.run(body, streams, tested)
    } catch (error) {
      if (!(error instanceof Leave) || error.kind !== 'return') throw error
      return (this.status = error.value)
    } finally {
      this.arguments = outer
      this.locals = outerLocals
      for (const [variable, value] of locals) this.#restore(variable, value)
    }
  }

  #restore(variable: string, value: string | undefined): void {
    if (value === undefined) this.variables.delete(variable)
    else this.variables.set(variable, value)
  }

  #environment(assignments: readonly (readonly [string, string])[]): Map<string, string> {
    const env = new Map<string, string>()
    for (const variable of this.exported) {
      const value = this.variables.get(variable)
      if (value !== undefined) env.set(variable, value)
    }
    for (const [variable, value] of assignments) env.set(variable, value)
    return env
  }

  option(name: string, on: boolean): void {
    if (name === 'errexit') this.exitOnError = on
    else if (name === 'xtrace') this.trace = on
    else if (name === 'nounset') this.noUnset = on
    else if (name === 'pipefail') this.pipeFail = on
  }

  assign(name: string, value: string): void {
    if (this.readonlyNames.has(name)) throw new ShellError(`${name}: is read only`)
    this.arrays.delete(name)
    this.variables.set(name, value)
  }

  async #scriptFile(path: string, args: readonly string[], streams: Streams): Promise<number> {
    const child = this.fork()
    child.arguments = args
    child.name = path
    return (this.status = await child.script(this.context.fs.readText(path), streams))
  }

  /** Waits for background jobs (all of them, or those named), or until a trapped signal comes. */
  async wait(pids: readonly string[], streams: Streams): Promise<number> {
    const jobs = pids.length === 0 ? [...this.jobs.values()] : []
    for (const pid of pids) {
      const job = this.jobs.get(Number(pid))
      if (job === undefined) return 127
      jobs.push(job)
    }
    const all = Promise.all(jobs.map((it) => it.exited))
    const { loop } = this.context
    if (this.traps.size > 0) {
      const signalled = loop.suspend<'signal'>()
      this.#wake = () => signalled.resume('signal')
      const first = await Promise.race([all, signalled.promise])
      this.#wake = undefined
      if (first === 'signal') {
        await this.#runTraps(streams)
        return 143
      }
      signalled.resume('signal')
    }
    const statuses = await all
    for (const job of jobs) this.jobs.delete(job.pid)
    return pids.length === 0 ? 0 : (statuses.at(-1) ?? 0)
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
    const { loop } = this.context
    const fds: Pipe[] = [streams.stdin, streams.stdout, streams.stderr, ...(streams.more ?? [])]
    try {
      for (const { fd, operator, target } of redirects) {
        const word = await this.expandOne(target, streams)
        if (operator === '>&') {
          fds[fd] = word === '-' ? new Pipe(loop, () => {}) : (fds[Number(word)] ?? fds[fd]!)
        } else if (operator === '<<') fds[fd] = filledPipe(this.context, word)
        else if (operator === '<') {
          fds[fd] = word === '/dev/null' ? Pipe.empty(loop) : filledPipe(this.context, this.#inputFile(word))
        } else fds[fd] = this.#outputFile(word, operator === '>>')
      }
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      streams.stderr.write(`${this.name}: ${error.message}\n`)
      return (this.status = 1)
    }
    const [stdin, stdout, stderr, ...more] = fds as [Pipe, Pipe, Pipe, ...Pipe[]]
    return (this.status = await body({ stdin, stdout, stderr, more }))
  }

  #inputFile(word: string): Uint8Array {
    try {
      return this.context.fs.readBytes(resolvePath(this.cwd, word))
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      const missing = error.message === 'No such file or directory'
      throw new FileError(`can't open ${word}: ${missing ? 'no such file' : error.message}`)
    }
  }

  #outputFile(word: string, append: boolean): Pipe {
    const { loop, fs, stdout, stderr } = this.context
    if (word === '/dev/null') return new Pipe(loop, () => {})
    if (word === '/dev/stdout' || word === '/proc/1/fd/1') return stdout
    if (word === '/dev/stderr' || word === '/proc/1/fd/2') return stderr
    const path = resolvePath(this.cwd, word)
    try {
      if (append) fs.touch(path)
      else fs.write(path, '')
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      const nowhere = error.message === 'No such file or directory'
      throw new FileError(`can't create ${word}: ${nowhere ? 'nonexistent directory' : error.message}`)
    }
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
      const list = part.type === 'variable' && part.quoted ? this.#list(part.expression) : undefined
      if (list !== undefined) {
        list.forEach((argument, index) => {
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
      const pieces = this.#fields(value)
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

  /** Gives each name a field of the text, the last one all that is left. */
  readInto(names: readonly string[], text: string): void {
    const separators = this.variables.get('IFS') ?? ' \t\n'
    const blank = [...separators].filter((it) => ' \t\n'.includes(it))
    const isBlank = (char: string | undefined) => char !== undefined && blank.includes(char)
    let from = 0
    let end = text.length
    while (isBlank(text[from])) from++
    while (end > from && isBlank(text[end - 1])) end--
    names.forEach((name, index) => {
      if (index === names.length - 1) {
        this.assign(name, text.slice(from, end))
        return
      }
      let stop = from
      while (stop < end && !separators.includes(text[stop]!)) stop++
      this.assign(name, text.slice(from, stop))
      while (isBlank(text[stop])) stop++
      if (stop < end && separators.includes(text[stop]!) && !isBlank(text[stop])) stop++
      while (isBlank(text[stop])) stop++
      from = Math.min(stop, end)
    })
  }

  /** Splits at the characters of IFS; blanks among them count only once. */
  #fields(value: string): string[] {
    const separators = this.variables.get('IFS') ?? ' \t\n'
    if (separators === '') return [value]
    const blanks = [...separators].filter((it) => ' \t\n'.includes(it)).join('')
    const others = [...separators].filter((it) => !' \t\n'.includes(it)).join('')
    const quoted = (chars: string) => chars.replace(/[\]\\^-]/g, '\\$&')
    const blank = blanks === '' ? '' : `[${quoted(blanks)}]`
    const pattern =
      others === ''
        ? `${blank}+`
        : blank === ''
          ? `[${quoted(others)}]`
          : `${blank}*[${quoted(others)}]${blank}*|${blank}+`
    return value.split(new RegExp(pattern))
  }

  async #value(part: Word[number], streams: Streams): Promise<string> {
    switch (part.type) {
      case 'text':
        return part.text
      case 'variable':
        return this.#variable(part.expression, streams)
      case 'arithmetic': {
        const text = await this.#interpolate(part.expression, streams)
        return String(this.evaluate(text))
      }
      case 'command': {
        const { loop } = this.context
        const chunks: Uint8Array[] = []
        const stdout = new Pipe(loop, (chunk) => chunks.push(chunk))
        const child = this.fork()
        // bash's `$(<file)`.
        const script = /^\s*<\s*[^<>|&;\s]+\s*$/.test(part.script) ? `cat ${part.script}` : part.script
        this.status = await child.script(script, { ...streams, stdout })
        const decoder = new TextDecoder()
        return chunks
          .map((it) => decoder.decode(it, { stream: true }))
          .join('')
          .replace(/\n+$/, '')
      }
    }
  }

  evaluate(expression: string): number {
    return evaluate(expression, {
      get: (name) => this.lookup(name) ?? '',
      set: (name, value) => this.assign(name, value),
    })
  }

  async #interpolate(text: string, streams: Streams): Promise<string> {
    if (!text.includes('$')) return text
    const parsed = parseScript(`: "${text.replaceAll('"', '\\"')}"`)
    const simple = parsed.type === 'list' ? parsed.commands[0] : undefined
    return simple?.type === 'simple' ? this.expandOne(simple.words[1]!, streams) : text
  }

  /** What becomes a field each in quotes: `$@`, and `${name[@]}`. */
  #list(expression: string): readonly string[] | undefined {
    if (expression === '@') return this.arguments
    const name = /^(\w+)\[@\]$/.exec(expression)?.[1]
    return name === undefined ? undefined : (this.arrays.get(name) ?? [])
  }

  async #element(counted: string, name: string, index: string, streams: Streams): Promise<string> {
    const plain = this.lookup(name)
    const elements = this.arrays.get(name) ?? (plain === undefined ? [] : [plain])
    const all = index === '@' || index === '*'
    if (all) return counted === '#' ? String(elements.length) : elements.join(' ')
    const at = this.evaluate(await this.#interpolate(index, streams))
    const element = elements.at(at) ?? ''
    return counted === '#' ? String(element.length) : element
  }

  async #variable(expression: string, streams: Streams): Promise<string> {
    const [, counted = '', array, index = ''] = /^(#?)([A-Za-z_]\w*)\[(.+)\]$/.exec(expression) ?? []
    if (array !== undefined) return this.#element(counted, array, index, streams)
    if (expression.startsWith('#') && expression.length > 1)
      return String(this.lookup(expression.slice(1))?.length ?? 0)
    const match = /^([A-Za-z_]\w*|\d+|[@*#?$!-])(:?[-=+?]|##?|%%?|\/\/?|:)?([\s\S]*)$/.exec(expression)
    if (match === null) throw new ShellError('syntax error: bad substitution')
    const [, name, operator, rest] = match as unknown as [string, string, string | undefined, string]
    const value = this.lookup(name)
    if (operator === undefined) {
      if (rest !== '') throw new ShellError('syntax error: bad substitution')
      return value ?? this.#unset(name)
    }
    const absent = value === undefined || (operator.startsWith(':') && value === '')
    if (operator === ':')
      return this.#substring(value ?? this.#unset(name), await this.#interpolate(rest, streams))
    const word = await this.#interpolate(rest, streams)
    switch (operator.replace(':', '')) {
      case '-':
        return absent ? word : value!
      case '=':
        if (absent) this.assign(name, word)
        return absent ? word : value!
      case '+':
        return absent ? '' : word
      case '?':
        if (absent) throw new ShellError(`${name}: ${word || 'parameter not set'}`)
        return value!
      case '/':
      case '//':
        return replaced(value ?? this.#unset(name), word, operator === '//')
      default:
        return trimmed(value ?? this.#unset(name), operator, word)
    }
  }

  #unset(name: string): string {
    if (this.noUnset && !'@*'.includes(name)) throw new ShellError(`${name}: parameter not set`)
    return ''
  }

  /** `${name:offset:length}`. */
  #substring(value: string, spec: string): string {
    const [offset, length] = spec.split(':')
    const from = this.evaluate(offset ?? '')
    const start = from < 0 ? Math.max(0, value.length + from) : from
    if (length === undefined) return value.slice(start)
    const count = this.evaluate(length)
    return count < 0 ? value.slice(start, value.length + count) : value.slice(start, start + count)
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
        return `${this.exitOnError ? 'e' : ''}${this.noUnset ? 'u' : ''}${this.trace ? 'x' : ''}`
      case 'PWD':
        return this.cwd
      case 'PPID':
        return this.context.pid === 1 ? '0' : '1'
    }
    if (/^[1-9]\d*$/.test(name)) return this.arguments[Number(name) - 1]
    return this.variables.get(name) ?? this.arrays.get(name)?.[0]
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

/** `${name/pattern/text}`: the longest match at the first place, or at every one. */
function replaced(value: string, spec: string, all: boolean): string {
  const cut = spec.search(/(?<!\\)\//)
  const pattern = (cut < 0 ? spec : spec.slice(0, cut)).replaceAll('\\/', '/')
  const text = cut < 0 ? '' : spec.slice(cut + 1)
  if (pattern === '') return value
  let result = ''
  for (let at = 0; at < value.length; ) {
    let length = value.length - at
    while (length > 0 && !matchesPattern(pattern, value.slice(at, at + length))) length--
    if (length === 0) {
      result += value[at++]
      continue
    }
    result += text
    at += length
    if (!all) return result + value.slice(at)
  }
  return result
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

/** Builtins of POSIX whose assignments stay. */
const SPECIAL: ReadonlySet<string> = new Set(
  ': . break continue eval exec exit export readonly return set shift trap unset'.split(' '),
)

const BUILTINS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  [':', () => 0],
  ['exit', (shell, [code]) => leave('exit', statusOf(shell, 'exit', code))],
  ['return', (shell, [code]) => leave('return', statusOf(shell, 'return', code))],
  ['break', (_shell, [count = '1']) => leave('break', Number(count))],
  ['continue', (_shell, [count = '1']) => leave('continue', Number(count))],
  [
    'let',
    (shell, args) => {
      let value = 0
      for (const arg of args) value = shell.evaluate(arg)
      return value === 0 ? 1 : 0
    },
  ],
  [
    'cd',
    (shell, args, { stdout, stderr }) => {
      const [path = shell.variables.get('HOME') ?? '/'] = args.filter((it) => it !== '-P' && it !== '-L')
      const target = resolvePath(shell.cwd, path === '-' ? (shell.variables.get('OLDPWD') ?? '/') : path)
      const exists = shell.context.fs.exists(target)
      if (!exists || shell.context.fs.stat(target).type !== 'directory') {
        const why = exists ? 'Not a directory' : 'No such file or directory'
        stderr.write(`${shell.name}: cd: line 0: can't cd to ${path}: ${why}\n`)
        return 2
      }
      if (path === '-') stdout.write(`${target}\n`)
      shell.variables.set('OLDPWD', shell.cwd)
      shell.cwd = target
      return 0
    },
  ],
  [
    'export',
    (shell, args, { stdout }) => {
      if (args.length === 0 || args[0] === '-p') {
        for (const name of [...shell.exported].sort())
          stdout.write(`export ${name}='${shell.variables.get(name) ?? ''}'\n`)
      }
      for (const arg of args) {
        const at = arg.indexOf('=')
        const name = at < 0 ? arg : arg.slice(0, at)
        if (at >= 0) shell.assign(name, arg.slice(at + 1))
        if (arg !== '-p') shell.exported.add(name)
      }
      return 0
    },
  ],
  [
    'unset',
    (shell, args) => {
      const ofFunctions = args[0] === '-f'
      for (const name of args.filter((it) => it !== '-f' && it !== '-v')) {
        if (shell.readonlyNames.has(name)) throw new ShellError(`${name}: is read only`)
        if (ofFunctions) shell.functions.delete(name)
        else {
          shell.variables.delete(name)
          shell.exported.delete(name)
        }
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
      for (let i = 0; i < args.length; i++) {
        const arg = args[i]!
        const on = arg.startsWith('-')
        if (arg === '-o' || arg === '+o') shell.option(args[++i] ?? '', on)
        else if (/^[-+][a-z]+$/i.test(arg) && arg !== '--') {
          for (const letter of arg.slice(1)) {
            if (letter === 'o') shell.option(args[++i] ?? '', on)
            else shell.option({ e: 'errexit', x: 'xtrace', u: 'nounset' }[letter] ?? '', on)
          }
        } else {
          shell.arguments = args.slice(arg === '--' ? i + 1 : i)
          break
        }
      }
      return 0
    },
  ],
  [
    'shift',
    (shell, [count = '1']) => {
      if (Number(count) > shell.arguments.length) return 1
      shell.arguments = shell.arguments.slice(Number(count))
      return 0
    },
  ],
  [
    'read',
    async (shell, args, { stdin, stdout }) => {
      const valued = new Set(['-p', '-t', '-n', '-d'])
      let at = 0
      let raw = false
      for (; args[at]?.startsWith('-'); at++) {
        if (args[at]!.includes('r')) raw = true
        if (args[at] === '-p') stdout.write(args[at + 1] ?? '')
        if (valued.has(args[at]!)) at++
      }
      const names = args.length > at ? args.slice(at) : ['REPLY']
      let { line, complete } = await stdin.readLineOrRest()
      while (!raw && complete && /(?<!\\)(?:\\\\)*\\$/.test(line)) {
        const next = await stdin.readLineOrRest()
        line = line.slice(0, -1) + next.line
        complete = next.complete
      }
      const text = raw ? line : line.replace(/\\(.)/g, '$1')
      shell.readInto(names, text)
      return complete ? 0 : 1
    },
  ],
  ['eval', (shell, args, streams) => shell.run(parseScript(args.join(' ')), streams)],
  [
    'exec',
    async (shell, args, streams) => {
      const script = parseScript(args.map((it) => `'${it.replaceAll("'", "'\\''")}'`).join(' '))
      throw new Leave('exit', await shell.run(script, streams))
    },
  ],
  [
    'trap',
    (shell, args, { stdout }) => {
      if (args.length === 0 || args[0] === '-p') {
        for (const [signal, commands] of shell.traps) stdout.write(`trap -- '${commands}' ${signal}\n`)
        return 0
      }
      // `trap TERM` is `trap - TERM`.
      const [commands, ...signals] = args.length === 1 ? ['-', args[0]!] : (args as [string, ...string[]])
      shell.trap(commands, signals)
      return 0
    },
  ],
  ['wait', (shell, args, streams) => shell.wait(args, streams)],
  [
    'jobs',
    (shell, _args, { stdout }) => {
      let number = 0
      for (const pid of shell.jobs.keys()) stdout.write(`[${++number}]  Running                    ${pid}\n`)
      return 0
    },
  ],
  [
    'command',
    (shell, args, streams) => {
      if (args[0] === '-v' || args[0] === '-V') {
        const name = args[1] ?? ''
        const builtin = BUILTINS.has(name) || shell.functions.has(name)
        if (!builtin && !shell.context.has(name)) return 127
        streams.stdout.write(`${builtin || name.includes('/') ? name : `/bin/${name}`}\n`)
        return 0
      }
      return shell.run(parseScript(args.map((it) => `'${it.replaceAll("'", "'\\''")}'`).join(' ')), streams)
    },
  ],
  [
    'type',
    (shell, args, { stdout }) => {
      let status = 0
      for (const name of args) {
        if (shell.functions.has(name)) stdout.write(`${name} is a function\n`)
        else if (BUILTINS.has(name)) stdout.write(`${name} is a shell builtin\n`)
        else if (shell.context.has(name)) stdout.write(`${name} is /bin/${name}\n`)
        else {
          stdout.write(`${name}: not found\n`)
          status = 127
        }
      }
      return status
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
  [
    'local',
    (shell, args) => {
      for (const arg of args) {
        const [name = ''] = arg.split('=')
        if (shell.locals !== undefined && !shell.locals.has(name))
          shell.locals.set(name, shell.variables.get(name))
      }
      return setAll(shell, args)
    },
  ],
  [
    'readonly',
    (shell, args) => {
      setAll(shell, args)
      for (const arg of args) shell.readonlyNames.add(arg.split('=')[0]!)
      return 0
    },
  ],
  [
    '.',
    (shell, [path = ''], streams) => {
      const file = resolvePath(shell.cwd, path)
      if (!shell.context.fs.exists(file))
        throw new ShellError(`.: line 0: can't open '${path}': No such file or directory`)
      return shell.run(parseScript(shell.context.fs.readText(file)), streams)
    },
  ],
])

/** Of `exit` and `return`. */
function statusOf(shell: Shell, builtin: string, code: string | undefined): number {
  if (code === undefined) return shell.status
  if (!/^\d+$/.test(code)) throw new ShellError(`${builtin}: line 0: Illegal number: ${code}`)
  return Number(code) & 255
}

function leave(kind: Leave['kind'], value: number): never {
  throw new Leave(kind, Number.isNaN(value) ? 2 : value)
}

function setAll(shell: Shell, args: readonly string[]): number {
  for (const arg of args) {
    const at = arg.indexOf('=')
    if (at > 0) shell.assign(arg.slice(0, at), arg.slice(at + 1))
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
      script = args[++at]
      if (script === undefined) {
        context.stderr.write(`${context.argv[0]}: -c requires an argument\n`)
        return 2
      }
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
      context.stderr.write(`${context.argv[0]}: can't open '${args[at]}': No such file or directory\n`)
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
