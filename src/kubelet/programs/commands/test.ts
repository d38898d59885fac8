/** `test`, `[` and `[[`: conditions over files, strings and numbers. 0 is true, 1 false, 2 a mistake. */
import type { ProcessContext, Program } from '../program.ts'
import { matchesPattern } from '../shell/glob.ts'
import { type FileStat, resolvePath } from '../vfs.ts'
import { command } from './command.ts'

class BadTest extends Error {}

const BINARY: ReadonlySet<string> = new Set('= == != < > =~ -eq -ne -lt -le -gt -ge -nt -ot -ef'.split(' '))
const UNARY = /^-[abcdefghknoprstuwxzGLNOSV]$/

/** In order of weight: -o, -a, !, then what stands alone. */
class Conditions {
  readonly #context: ProcessContext
  readonly #args: readonly string[]
  readonly #patterns: boolean
  #at = 0

  constructor(context: ProcessContext, args: readonly string[], patterns: boolean) {
    this.#context = context
    this.#args = args
    this.#patterns = patterns
  }

  value(): boolean {
    if (this.#args.length === 0) return false
    const value = this.#or()
    if (this.#at < this.#args.length) throw new BadTest(`${this.#args[this.#at]}: unknown operand`)
    return value
  }

  #or(): boolean {
    let value = this.#and()
    while (this.#is('-o', '||')) {
      this.#at++
      const right = this.#and()
      value = value || right
    }
    return value
  }

  #and(): boolean {
    let value = this.#not()
    while (this.#is('-a', '&&')) {
      this.#at++
      const right = this.#not()
      value = value && right
    }
    return value
  }

  #not(): boolean {
    // `!` before an operator is a word like any other.
    if (!this.#is('!') || BINARY.has(this.#args[this.#at + 1] ?? '')) return this.#primary()
    this.#at++
    return !this.#not()
  }

  #primary(): boolean {
    const [first, operator, right] = this.#args.slice(this.#at, this.#at + 3)
    if (first === undefined) throw new BadTest('argument expected')
    if (operator !== undefined && right !== undefined && BINARY.has(operator)) {
      this.#at += 3
      return this.#binary(first, operator, right)
    }
    if (first === '(' && operator !== undefined) {
      this.#at++
      const value = this.#or()
      if (!this.#is(')')) throw new BadTest('closing paren expected')
      this.#at++
      return value
    }
    if (UNARY.test(first) && operator !== undefined) {
      this.#at += 2
      return this.#unary(first, operator)
    }
    this.#at++
    return first !== ''
  }

  #unary(operator: string, value: string): boolean {
    if (operator === '-z') return value === ''
    if (operator === '-n') return value !== ''
    if (operator === '-t') return this.#context.tty
    const stat = this.#stat(value, operator !== '-L' && operator !== '-h')
    if (stat === undefined) return false
    switch (operator) {
      case '-d':
        return stat.type === 'directory'
      case '-f':
        return stat.type === 'file'
      case '-L':
      case '-h':
        return stat.type === 'link'
      case '-s':
        return stat.size > 0
      case '-x':
        return (stat.mode & 0o111) !== 0
      case '-b':
      case '-c':
      case '-p':
      case '-S':
      case '-g':
      case '-k':
      case '-u':
        return operator === '-c' && value.startsWith('/dev/')
      default:
        return true
    }
  }

  #binary(left: string, operator: string, right: string): boolean {
    switch (operator) {
      case '=':
      case '==':
        return this.#patterns ? matchesPattern(right, left) : left === right
      case '!=':
        return this.#patterns ? !matchesPattern(right, left) : left !== right
      case '=~':
        return new RegExp(right).test(left)
      case '<':
        return left < right
      case '>':
        return left > right
      case '-nt':
        return (this.#stat(left)?.mtimeMs ?? 0) > (this.#stat(right)?.mtimeMs ?? 0)
      case '-ot':
        return (this.#stat(left)?.mtimeMs ?? 0) < (this.#stat(right)?.mtimeMs ?? 0)
      case '-ef':
        return this.#path(left) === this.#path(right)
    }
    const [a, b] = [number(left), number(right)]
    switch (operator) {
      case '-eq':
        return a === b
      case '-ne':
        return a !== b
      case '-lt':
        return a < b
      case '-le':
        return a <= b
      case '-gt':
        return a > b
      default:
        return a >= b
    }
  }

  #path(file: string): string | undefined {
    return this.#context.fs.realPath(resolvePath(this.#context.cwd, file))
  }

  #stat(file: string, follow = true): FileStat | undefined {
    try {
      return this.#context.fs.stat(resolvePath(this.#context.cwd, file), follow)
    } catch {
      return undefined
    }
  }

  #is(...words: readonly string[]): boolean {
    return words.includes(this.#args[this.#at] ?? '')
  }
}

function number(text: string): number {
  const trimmed = text.trim()
  if (!/^[-+]?\d+$/.test(trimmed)) throw new BadTest(`${text}: bad number`)
  return Number(trimmed)
}

function conditions(context: ProcessContext, args: readonly string[], patterns = false): number {
  try {
    return new Conditions(context, args, patterns).value() ? 0 : 1
  } catch (error) {
    if (!(error instanceof BadTest)) throw error
    context.stderr.write(`sh: ${error.message}\n`)
    return 2
  }
}

function bracketed(name: '[' | '[[', close: string): Program {
  return command(name, (context, args) => {
    if (args.at(-1) === close) return conditions(context, args.slice(0, -1), name === '[[')
    context.stderr.write(`sh: missing ${close}\n`)
    return 2
  })
}

export const TEST_COMMANDS: readonly Program[] = [
  command('test', (context, args) => conditions(context, args)),
  bracketed('[', ']'),
  bracketed('[[', ']]'),
]
