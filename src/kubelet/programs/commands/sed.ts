/** `sed`: addresses, and the commands s y d p q n = a i c { }. */
import type { Program } from '../program.ts'
import { resolvePath } from '../vfs.ts'
import { command, inputs, linesOf, options, UsageError } from './command.ts'
import { basic } from './grep.ts'

class BadScript extends Error {}

type Address = { readonly line: number } | { readonly last: true } | { readonly pattern: RegExp }

interface Edit {
  readonly from?: Address
  readonly to?: Address
  readonly negated: boolean
  readonly name: string
  readonly pattern?: RegExp
  readonly text?: string
  /** Of s: print, and which match (0: all). */
  readonly print?: boolean
  readonly nth?: number
  readonly map?: ReadonlyMap<string, string>
  readonly body?: readonly Edit[]
  /** Of a range: whether it is open. */
  state: { open: boolean }
}

export const sed: Program = command(
  'sed',
  async (context, args) => {
    const { flags, given, rest } = options(args, 'inErse:f:', {
      quiet: 'n',
      silent: 'n',
      'regexp-extended': 'E',
      'expression=': 'e',
      'in-place': 'i',
    })
    const scripts = given.map(([letter, value]) =>
      letter === 'f' ? context.fs.readText(resolvePath(context.cwd, value)) : value,
    )
    const script = scripts.length > 0 ? scripts.join('\n') : rest.shift()
    if (script === undefined) throw new UsageError()
    let edits: readonly Edit[]
    try {
      edits = new ScriptParser(script, flags.has('E') || flags.has('r')).parse()
    } catch (error) {
      if (!(error instanceof BadScript || error instanceof SyntaxError)) throw error
      context.stderr.write(`sed: ${error.message}\n`)
      return 1
    }
    const { texts, failed } = await inputs(context, 'sed', rest)
    const apart = flags.has('i') || flags.has('s')
    const batches = apart ? texts : [{ file: '-', text: texts.map((it) => it.text).join('') }]
    for (const { file, text } of batches) {
      const result = edited(linesOf(text), edits, flags.has('n'))
      if (flags.has('i')) context.fs.write(resolvePath(context.cwd, file), result)
      else context.stdout.write(result)
    }
    return failed ? 1 : 0
  },
  'sed [-i[SFX]] [-nrE] [-f FILE]... [-e CMD]... [FILE]...\nor: sed [-i[SFX]] [-nrE] CMD [FILE]...',
)

function edited(lines: readonly string[], edits: readonly Edit[], quiet: boolean): string {
  const out: string[] = []
  let at = 0
  let quit = false
  const selected = (edit: Edit, line: string): boolean => {
    const matches = (address: Address) =>
      'line' in address
        ? address.line === at + 1
        : 'last' in address
          ? at === lines.length - 1
          : address.pattern.test(line)
    if (edit.from === undefined) return true
    if (edit.to === undefined) return matches(edit.from)
    if (!edit.state.open) {
      if (!matches(edit.from)) return false
      edit.state.open = !('line' in edit.to && edit.to.line <= at + 1)
      return true
    }
    if (matches(edit.to)) edit.state.open = false
    return true
  }
  const run = (list: readonly Edit[], line: string, after: string[]): string | undefined => {
    let current = line
    for (const edit of list) {
      if (selected(edit, current) === edit.negated) continue
      switch (edit.name) {
        case '{': {
          const next = run(edit.body!, current, after)
          if (next === undefined || quit) return next
          current = next
          break
        }
        case 's': {
          const before = current
          let count = 0
          let hit = false
          current = current.replace(edit.pattern!, (...found: unknown[]) => {
            if (edit.nth !== 0 && ++count !== edit.nth) return String(found[0])
            hit = true
            return substituted(edit.text!, found)
          })
          if ((hit || current !== before) && edit.print) out.push(current)
          break
        }
        case 'y':
          current = [...current].map((it) => edit.map!.get(it) ?? it).join('')
          break
        case 'd':
          return undefined
        case 'p':
          out.push(current)
          break
        case '=':
          out.push(String(at + 1))
          break
        case 'a':
          after.push(edit.text!)
          break
        case 'i':
          out.push(edit.text!)
          break
        case 'c':
          out.push(edit.text!)
          return undefined
        case 'n':
          if (!quiet) out.push(current)
          if (at + 1 >= lines.length) {
            quit = true
            return undefined
          }
          current = lines[++at]!
          break
        case 'q':
          quit = true
          return current
      }
    }
    return current
  }
  for (; at < lines.length && !quit; at++) {
    const after: string[] = []
    const line = run(edits, lines[at]!, after)
    if (line !== undefined && !quiet) out.push(line)
    out.push(...after)
  }
  return out.map((line) => `${line}\n`).join('')
}

/** `&` and `\1` of a replacement. */
function substituted(text: string, found: readonly unknown[]): string {
  return text.replace(/\\([0-9n&\\/])|&/g, (whole, escaped: string | undefined) => {
    if (whole === '&') return String(found[0])
    if (escaped === 'n') return '\n'
    return /\d/.test(escaped!) ? String(found[Number(escaped)] ?? '') : escaped!
  })
}

class ScriptParser {
  readonly #text: string
  readonly #extended: boolean
  #at = 0

  constructor(text: string, extended: boolean) {
    this.#text = text
    this.#extended = extended
  }

  parse(): Edit[] {
    const edits = this.#list()
    if (this.#at < this.#text.length) throw new BadScript('unexpected }')
    return edits
  }

  #list(): Edit[] {
    const edits: Edit[] = []
    for (;;) {
      this.#skip(/[\s;]/)
      if (this.#at >= this.#text.length || this.#text[this.#at] === '}') return edits
      edits.push(this.#edit())
    }
  }

  #edit(): Edit {
    const from = this.#address()
    let to: Address | undefined
    if (from !== undefined && this.#text[this.#at] === ',') {
      this.#at++
      to = this.#address()
    }
    this.#skip(/\s/)
    const negated = this.#text[this.#at] === '!'
    if (negated) this.#at++
    this.#skip(/\s/)
    const name = this.#text[this.#at++]
    const base = { from, to, negated, state: { open: false } }
    switch (name) {
      case undefined:
        throw new BadScript('missing command')
      case '{': {
        const body = this.#list()
        if (this.#text[this.#at++] !== '}') throw new BadScript('unterminated {')
        return { ...base, name, body }
      }
      case 's': {
        const [source, text] = this.#two()
        const [mode] = /^[gpiI0-9]*/.exec(this.#text.slice(this.#at))!
        this.#at += mode.length
        const digits = /\d+/.exec(mode)?.[0]
        const nth = mode.includes('g') ? 0 : Number(digits ?? 1)
        const pattern = this.#regexp(source, `g${/i/i.test(mode) ? 'i' : ''}`)
        return { ...base, name, pattern, text, print: mode.includes('p'), nth }
      }
      case 'y': {
        const [source, target] = this.#two()
        if (source.length !== target.length) throw new BadScript('y/// strings have different lengths')
        return { ...base, name, map: new Map([...source].map((it, index) => [it, target[index]!])) }
      }
      case 'a':
      case 'i':
      case 'c': {
        const end = this.#text.slice(this.#at).search(/(?<!\\)\n/)
        const raw = end < 0 ? this.#text.slice(this.#at) : this.#text.slice(this.#at, this.#at + end)
        // After `a\` a newline that the backslash hides.
        const text = raw
          .replace(/^\s*\\?\n?/, '')
          .replace(/^\s+/, '')
          .replaceAll('\\\n', '\n')
        this.#at = end < 0 ? this.#text.length : this.#at + end
        return { ...base, name, text }
      }
      case 'd':
      case 'p':
      case 'q':
      case 'n':
      case '=':
        return { ...base, name }
      default:
        throw new BadScript(`unsupported command ${name}`)
    }
  }

  #address(): Address | undefined {
    const rest = this.#text.slice(this.#at)
    const line = /^\d+/.exec(rest)
    if (line !== null) {
      this.#at += line[0].length
      return { line: Number(line[0]) }
    }
    if (rest.startsWith('$')) {
      this.#at++
      return { last: true }
    }
    if (!rest.startsWith('/') && !rest.startsWith('\\')) return undefined
    if (rest.startsWith('\\')) this.#at++
    const separator = this.#text[this.#at++]!
    return { pattern: this.#regexp(this.#upTo(separator), '') }
  }

  #two(): [string, string] {
    const separator = this.#text[this.#at++]
    if (separator === undefined) throw new BadScript('bad format in substitution expression')
    return [this.#upTo(separator), this.#upTo(separator)]
  }

  #upTo(separator: string): string {
    let text = ''
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at]!
      if (char === separator) {
        this.#at++
        return text
      }
      if (char === '\\' && this.#at + 1 < this.#text.length) {
        const next = this.#text[++this.#at]!
        text += next === separator && !'&\\|(){}+?'.includes(separator) ? next : `\\${next}`
      } else text += char
    }
    throw new BadScript(`unmatched '${separator}'`)
  }

  #regexp(source: string, mode: string): RegExp {
    return new RegExp(this.#extended ? source : basic(source), mode)
  }

  #skip(what: RegExp): void {
    while (this.#at < this.#text.length && what.test(this.#text[this.#at]!)) this.#at++
  }
}
