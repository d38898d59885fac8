/** The syntax of a small POSIX shell: tokens and the tree they make. */

/** A word is a list of parts; only unquoted parts are split and globbed. */
export type WordPart =
  | { readonly type: 'text'; readonly text: string; readonly quoted: boolean }
  | { readonly type: 'variable'; readonly expression: string; readonly quoted: boolean }
  | { readonly type: 'command'; readonly script: string; readonly quoted: boolean }
  | { readonly type: 'arithmetic'; readonly expression: string; readonly quoted: boolean }

export type Word = readonly WordPart[]

export interface Redirect {
  readonly fd: number
  readonly operator: '>' | '>>' | '<' | '>&' | '<<'
  readonly target: Word
}

/** `name=value`, or bash's `name=(a b)`. */
export interface Assignment {
  readonly name: string
  readonly value: Word
  readonly elements?: readonly Word[]
}

export type Command =
  | {
      readonly type: 'simple'
      readonly assignments: readonly Assignment[]
      readonly words: readonly Word[]
      readonly redirects: readonly Redirect[]
    }
  | { readonly type: 'pipeline'; readonly commands: readonly Command[]; readonly negated: boolean }
  | { readonly type: 'and' | 'or'; readonly left: Command; readonly right: Command }
  | { readonly type: 'list'; readonly commands: readonly Command[] }
  | { readonly type: 'background'; readonly command: Command }
  | {
      readonly type: 'if'
      readonly branches: readonly { readonly test: Command; readonly body: Command }[]
      readonly otherwise?: Command
      readonly redirects: readonly Redirect[]
    }
  | {
      readonly type: 'while'
      readonly test: Command
      readonly body: Command
      readonly until: boolean
      readonly redirects: readonly Redirect[]
    }
  | {
      readonly type: 'for'
      readonly name: string
      readonly words: readonly Word[] | undefined
      readonly body: Command
      readonly redirects: readonly Redirect[]
    }
  | {
      readonly type: 'case'
      readonly word: Word
      readonly branches: readonly { readonly patterns: readonly Word[]; readonly body: Command }[]
      readonly redirects: readonly Redirect[]
    }
  | { readonly type: 'group' | 'subshell'; readonly body: Command; readonly redirects: readonly Redirect[] }
  | { readonly type: 'function'; readonly name: string; readonly body: Command }

export class ShellSyntaxError extends Error {
  override readonly name = 'SyntaxError'
}

type Token =
  | { readonly type: 'word'; readonly word: Word; readonly plain: string | undefined }
  | { readonly type: 'operator'; readonly text: string }
  | { readonly type: 'redirect'; readonly fd: number; readonly operator: Redirect['operator'] }
  | { readonly type: 'newline' }

/** Words that only end something. */
const CLOSERS: ReadonlySet<string> = new Set(['then', 'do', 'done', 'fi', 'elif', 'else', 'esac', '}'])

const OPERATORS = ['&&', '||', ';;', ';', '|', '&', '(', ')']

export function parseScript(script: string): Command {
  return new Parser(tokenize(script)).parseAll()
}

// -- tokens -----------------------------------------------------------------------------------------------

function tokenize(script: string): Token[] {
  const tokens: Token[] = []
  const pendingHere: {
    readonly index: number
    readonly end: string
    readonly quoted: boolean
    readonly strip: boolean
  }[] = []
  let at = 0
  while (at < script.length) {
    const char = script[at]!
    if (char === '\\' && script[at + 1] === '\n') {
      at += 2
    } else if (char === ' ' || char === '\t') at++
    else if (char === '\n') {
      at++
      for (const here of pendingHere.splice(0)) at = readHere(script, at, here, tokens)
      tokens.push({ type: 'newline' })
    } else if (char === '#') {
      while (at < script.length && script[at] !== '\n') at++
    } else {
      const redirect = /^(\d*)(<<-?|>>|>&|<&|&>|>|<)/.exec(script.slice(at, at + 8))
      if (redirect !== null && !(redirect[1] !== '' && redirect[2] === '&>')) {
        const [whole, digits, text] = redirect as unknown as [string, string, string]
        at += whole.length
        if (text.startsWith('<<')) {
          while (script[at] === ' ') at++
          const [word, next] = readWord(script, at)
          at = next
          tokens.push({ type: 'redirect', fd: digits === '' ? 0 : Number(digits), operator: '<<' })
          pendingHere.push({
            index: tokens.length,
            end: plainText(word) ?? word.map((it) => ('text' in it ? it.text : '')).join(''),
            quoted: word.some((it) => it.quoted),
            strip: text === '<<-',
          })
          tokens.push({ type: 'word', word: [], plain: undefined })
        } else if (text === '&>') {
          // Both streams: `> file 2>&1`.
          const [word, next] = readWord(script, skipBlanks(script, at))
          at = next
          tokens.push({ type: 'redirect', fd: 1, operator: '>' }, { type: 'word', word, plain: undefined })
          tokens.push(
            { type: 'redirect', fd: 2, operator: '>&' },
            { type: 'word', word: literal('1'), plain: undefined },
          )
        } else {
          const fd = digits !== '' ? Number(digits) : text.startsWith('<') ? 0 : 1
          const operator = text === '<&' ? '>&' : (text as Redirect['operator'])
          tokens.push({ type: 'redirect', fd, operator })
        }
        continue
      }
      const last = tokens.at(-1)
      if (last?.type === 'word' && last.plain === '=~') {
        // What follows in bash's [[ ]] is a regular expression, parentheses and all.
        const [text] = /^\S+/.exec(script.slice(at))!
        tokens.push({ type: 'word', word: [{ type: 'text', text, quoted: true }], plain: undefined })
        at += text.length
        continue
      }
      const operator = OPERATORS.find((it) => script.startsWith(it, at))
      // Within bash's [[ ]] they are words of the condition.
      if (operator !== undefined && ['&&', '||', '(', ')'].includes(operator) && isInCondition(tokens)) {
        tokens.push({ type: 'word', word: literal(operator), plain: operator })
        at += operator.length
        continue
      }
      if (operator !== undefined) {
        tokens.push({ type: 'operator', text: operator })
        at += operator.length
        continue
      }
      const [word, next] = readWord(script, at)
      tokens.push({ type: 'word', word, plain: plainText(word) })
      at = next
    }
  }
  return tokens
}

/** Whether a `[[` that begins a command is still open. */
function isInCondition(tokens: readonly Token[]): boolean {
  for (let i = tokens.length - 1; i >= 0; i--) {
    const token = tokens[i]!
    if (token.type !== 'word' || token.plain === ']]') return false
    if (token.plain === '[[') return true
  }
  return false
}

function skipBlanks(script: string, at: number): number {
  let next = at
  while (script[next] === ' ' || script[next] === '\t') next++
  return next
}

function readHere(
  script: string,
  from: number,
  here: { readonly index: number; readonly end: string; readonly quoted: boolean; readonly strip: boolean },
  tokens: Token[],
): number {
  let at = from
  const lines: string[] = []
  while (at < script.length) {
    const stop = script.indexOf('\n', at)
    const raw = stop < 0 ? script.slice(at) : script.slice(at, stop)
    const line = here.strip ? raw.replace(/^\t+/, '') : raw
    at = stop < 0 ? script.length : stop + 1
    if (line === here.end) break
    lines.push(line)
  }
  const text = lines.map((line) => `${line}\n`).join('')
  const word = here.quoted
    ? [{ type: 'text', text, quoted: true } as const]
    : readQuoted(text, 0, undefined)[0]
  tokens[here.index] = { type: 'word', word, plain: undefined }
  return at
}

function literal(text: string): Word {
  return [{ type: 'text', text, quoted: false }]
}

/** The word's text when no quoting or expansion is in it: then it may be a keyword. */
function plainText(word: Word): string | undefined {
  if (word.length !== 1) return undefined
  const part = word[0]!
  return part.type === 'text' && !part.quoted ? part.text : undefined
}

function readWord(script: string, from: number): [Word, number] {
  const parts: WordPart[] = []
  let text = ''
  const flush = () => {
    if (text !== '') parts.push({ type: 'text', text, quoted: false })
    text = ''
  }
  let at = from
  while (at < script.length) {
    const char = script[at]!
    if (/[\s;|&()<>]/.test(char)) break
    if (char === '\\') {
      flush()
      if (script[at + 1] !== '\n') parts.push({ type: 'text', text: script[at + 1] ?? '', quoted: true })
      at += 2
    } else if (char === "'") {
      flush()
      const end = script.indexOf("'", at + 1)
      if (end < 0) throw new ShellSyntaxError('syntax error: unterminated quoted string')
      parts.push({ type: 'text', text: script.slice(at + 1, end), quoted: true })
      at = end + 1
    } else if (char === '"') {
      flush()
      const [inner, next] = readQuoted(script, at + 1, '"')
      parts.push(...(inner.length === 0 ? [{ type: 'text', text: '', quoted: true } as const] : inner))
      at = next
    } else if (char === '$' && script[at + 1] === "'") {
      flush()
      const end = /^(?:[^'\\]|\\[\s\S])*/.exec(script.slice(at + 2))![0].length + at + 2
      if (end >= script.length) throw new ShellSyntaxError('syntax error: unterminated quoted string')
      parts.push({ type: 'text', text: ansi(script.slice(at + 2, end)), quoted: true })
      at = end + 1
    } else if (char === '$' || char === '`') {
      const [part, next] = readDollar(script, at, false)
      if (part === undefined) text += char
      else {
        flush()
        parts.push(part)
      }
      at = next
    } else {
      text += char
      at++
    }
  }
  flush()
  return [parts, at]
}

/** The inside of `$'...'`. */
function ansi(text: string): string {
  const letters: Readonly<Record<string, string>> = {
    n: '\n',
    t: '\t',
    r: '\r',
    a: '\u0007',
    b: '\b',
    e: '\u001b',
  }
  return text.replace(/\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|([\s\S]))/g, (_, hex, octal, char: string) =>
    hex !== undefined
      ? String.fromCharCode(Number.parseInt(hex, 16))
      : octal !== undefined
        ? String.fromCharCode(Number.parseInt(octal, 8))
        : (letters[char] ?? char),
  )
}

/** The inside of double quotes, or of a here-document when `end` is undefined. */
function readQuoted(script: string, from: number, end: '"' | undefined): [WordPart[], number] {
  const parts: WordPart[] = []
  let text = ''
  const flush = () => {
    if (text !== '') parts.push({ type: 'text', text, quoted: true })
    text = ''
  }
  let at = from
  while (at < script.length && script[at] !== end) {
    const char = script[at]!
    if (char === '\\' && '$`"\\\n'.includes(script[at + 1] ?? ' ')) {
      if (script[at + 1] !== '\n') text += script[at + 1]
      at += 2
    } else if (char === '$' || char === '`') {
      const [part, next] = readDollar(script, at, true)
      if (part === undefined) text += char
      else {
        flush()
        parts.push(part)
      }
      at = next
    } else {
      text += char
      at++
    }
  }
  if (end !== undefined && at >= script.length)
    throw new ShellSyntaxError('syntax error: unterminated quoted string')
  flush()
  return [parts, at + 1]
}

function readDollar(script: string, at: number, quoted: boolean): [WordPart | undefined, number] {
  if (script[at] === '`') {
    const end = script.indexOf('`', at + 1)
    if (end < 0) throw new ShellSyntaxError('syntax error: unexpected end of file in "`"')
    return [{ type: 'command', script: script.slice(at + 1, end).replaceAll('\\`', '`'), quoted }, end + 1]
  }
  if (script.startsWith('$((', at)) {
    const end = matching(script, at + 1)
    return [{ type: 'arithmetic', expression: script.slice(at + 3, end - 1), quoted }, end + 1]
  }
  if (script[at + 1] === '(') {
    const end = matching(script, at + 1)
    return [{ type: 'command', script: script.slice(at + 2, end), quoted }, end + 1]
  }
  if (script[at + 1] === '{') {
    const end = closingBrace(script, at + 2)
    return [{ type: 'variable', expression: script.slice(at + 2, end), quoted }, end + 1]
  }
  const name = /^(?:[A-Za-z_]\w*|[0-9@*#?$!-])/.exec(script.slice(at + 1, at + 200))
  if (name === null) return [undefined, at + 1]
  return [{ type: 'variable', expression: name[0], quoted }, at + 1 + name[0].length]
}

/** Index of the brace that ends `${`, past quotes and expansions within. */
function closingBrace(script: string, from: number): number {
  for (let at = from; at < script.length; at++) {
    const char = script[at]
    if (char === '\\') at++
    else if (char === "'") at = script.indexOf("'", at + 1)
    else if (char === '"') at = closingQuote(script, at)
    else if (char === '$' && script[at + 1] === '{') at = closingBrace(script, at + 2)
    else if (char === '$' && script[at + 1] === '(') at = matching(script, at + 1)
    else if (char === '}') return at
    if (at < 0) break
  }
  throw new ShellSyntaxError("syntax error: missing '}'")
}

/** Index of the quote that closes the one at `open`, past escapes and expansions within. */
function closingQuote(script: string, open: number): number {
  for (let at = open + 1; at < script.length; at++) {
    const char = script[at]
    if (char === '\\') at++
    else if (char === '$' && script[at + 1] === '(') at = matching(script, at + 1)
    else if (char === '"') return at
  }
  return -1
}

/** Index of the parenthesis that closes the one at `open`, past quotes and nested ones. */
function matching(script: string, open: number): number {
  let depth = 0
  for (let at = open; at < script.length; at++) {
    const char = script[at]
    if (char === '\\') at++
    else if (char === "'") {
      const end = script.indexOf("'", at + 1)
      if (end < 0) break
      at = end
    } else if (char === '"') {
      const end = closingQuote(script, at)
      if (end < 0) break
      at = end
    } else if (char === '(') depth++
    else if (char === ')' && --depth === 0) return at
  }
  throw new ShellSyntaxError('syntax error: unexpected end of file (expecting ")")')
}

// -- the tree ---------------------------------------------------------------------------------------------

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  parseAll(): Command {
    const list = this.#list([])
    if (this.#at < this.#tokens.length)
      throw new ShellSyntaxError(`syntax error: unexpected ${this.#describe()}`)
    return list
  }

  #list(until: readonly string[]): Command {
    const commands: Command[] = []
    for (;;) {
      this.#skip()
      if (this.#at >= this.#tokens.length || this.#isKeyword(...until) || this.#isOperator(')', ';;')) break
      let command = this.#andOr()
      if (this.#isOperator('&')) {
        this.#at++
        command = { type: 'background', command }
      } else if (this.#isOperator(';')) this.#at++
      commands.push(command)
    }
    return { type: 'list', commands }
  }

  #andOr(): Command {
    let left = this.#pipeline()
    while (this.#isOperator('&&', '||')) {
      const type = (this.#tokens[this.#at] as { text: string }).text === '&&' ? 'and' : 'or'
      this.#at++
      this.#newlines()
      left = { type, left, right: this.#pipeline() }
    }
    return left
  }

  #pipeline(): Command {
    let negated = false
    while (this.#isKeyword('!')) {
      this.#at++
      negated = !negated
    }
    // What `time` would print has no meaning here.
    if (this.#isKeyword('time')) this.#at++
    const commands = [this.#command()]
    while (this.#isOperator('|')) {
      this.#at++
      this.#newlines()
      commands.push(this.#command())
    }
    return commands.length === 1 && !negated ? commands[0]! : { type: 'pipeline', commands, negated }
  }

  #command(): Command {
    if (this.#isOperator('(')) {
      this.#at++
      const body = this.#list([])
      this.#expectOperator(')')
      return { type: 'subshell', body, redirects: this.#redirects() }
    }
    const word = this.#plain()
    switch (word) {
      case '{': {
        this.#at++
        const body = this.#list(['}'])
        this.#expect('}')
        return { type: 'group', body, redirects: this.#redirects() }
      }
      case 'if':
        return this.#if()
      case 'while':
      case 'until': {
        this.#at++
        const test = this.#list(['do'])
        this.#expect('do')
        const body = this.#list(['done'])
        this.#expect('done')
        return { type: 'while', test, body, until: word === 'until', redirects: this.#redirects() }
      }
      case 'for':
        return this.#for()
      case 'case':
        return this.#case()
    }
    const next = this.#tokens[this.#at + 1]
    const after = this.#tokens[this.#at + 2]
    if (word !== undefined && isOperatorToken(next, '(') && isOperatorToken(after, ')')) {
      this.#at += 3
      this.#newlines()
      return { type: 'function', name: word, body: this.#command() }
    }
    return this.#simple()
  }

  #if(): Command {
    this.#at++
    const branches: { test: Command; body: Command }[] = []
    for (;;) {
      const test = this.#list(['then'])
      this.#expect('then')
      branches.push({ test, body: this.#list(['elif', 'else', 'fi']) })
      if (!this.#isKeyword('elif')) break
      this.#at++
    }
    let otherwise: Command | undefined
    if (this.#isKeyword('else')) {
      this.#at++
      otherwise = this.#list(['fi'])
    }
    this.#expect('fi')
    return { type: 'if', branches, otherwise, redirects: this.#redirects() }
  }

  #for(): Command {
    this.#at++
    const name = this.#plain()
    if (name === undefined) throw new ShellSyntaxError('syntax error: bad for loop variable')
    this.#at++
    this.#newlines()
    let words: Word[] | undefined
    if (this.#isKeyword('in')) {
      this.#at++
      words = []
      for (let token = this.#tokens[this.#at]; token?.type === 'word'; token = this.#tokens[++this.#at]) {
        words.push(token.word)
      }
    }
    this.#skip()
    this.#expect('do')
    const body = this.#list(['done'])
    this.#expect('done')
    return { type: 'for', name, words, body, redirects: this.#redirects() }
  }

  #case(): Command {
    this.#at++
    const token = this.#tokens[this.#at++]
    if (token?.type !== 'word') throw new ShellSyntaxError('syntax error: unexpected end of case')
    this.#newlines()
    this.#expect('in')
    const branches: { patterns: Word[]; body: Command }[] = []
    for (;;) {
      this.#skip()
      if (this.#isKeyword('esac')) break
      if (this.#isOperator('(')) this.#at++
      const patterns: Word[] = []
      for (;;) {
        const pattern = this.#tokens[this.#at++]
        if (pattern?.type !== 'word') throw new ShellSyntaxError('syntax error: bad case pattern')
        patterns.push(pattern.word)
        if (!this.#isOperator('|')) break
        this.#at++
      }
      this.#expectOperator(')')
      branches.push({ patterns, body: this.#list(['esac']) })
      if (this.#isOperator(';;')) this.#at++
    }
    this.#expect('esac')
    return { type: 'case', word: token.word, branches, redirects: this.#redirects() }
  }

  #simple(): Command {
    const assignments: Assignment[] = []
    const words: Word[] = []
    const redirects: Redirect[] = []
    for (;;) {
      const token = this.#tokens[this.#at]
      if (token?.type === 'redirect') redirects.push(this.#redirect())
      else if (token?.type === 'word') {
        this.#at++
        const assignment = words.length === 0 ? assignmentOf(token.word) : undefined
        if (assignment !== undefined) {
          const list = assignment.value.length === 0 && this.#isOperator('(')
          assignments.push(list ? { ...assignment, elements: this.#elements() } : assignment)
        } else words.push(token.word)
      } else break
    }
    const first = words.length > 0 && assignments.length === 0 ? plainText(words[0]!) : undefined
    if (first !== undefined && CLOSERS.has(first)) {
      throw new ShellSyntaxError(`syntax error: unexpected "${first}"`)
    }
    if (assignments.length === 0 && words.length === 0 && redirects.length === 0) {
      throw new ShellSyntaxError(`syntax error: unexpected ${this.#describe()}`)
    }
    return { type: 'simple', assignments, words, redirects }
  }

  /** The words of an array, in parentheses. */
  #elements(): Word[] {
    const elements: Word[] = []
    this.#at++
    for (;;) {
      this.#newlines()
      const token = this.#tokens[this.#at]
      if (token?.type !== 'word') break
      elements.push(token.word)
      this.#at++
    }
    this.#expectOperator(')')
    return elements
  }

  #redirects(): Redirect[] {
    const redirects: Redirect[] = []
    while (this.#tokens[this.#at]?.type === 'redirect') redirects.push(this.#redirect())
    return redirects
  }

  #redirect(): Redirect {
    const token = this.#tokens[this.#at++] as Extract<Token, { type: 'redirect' }>
    const target = this.#tokens[this.#at++]
    if (target?.type !== 'word') throw new ShellSyntaxError('syntax error: redirection unexpected')
    return { fd: token.fd, operator: token.operator, target: target.word }
  }

  #plain(): string | undefined {
    const token = this.#tokens[this.#at]
    return token?.type === 'word' ? token.plain : undefined
  }

  #isKeyword(...keywords: readonly string[]): boolean {
    const plain = this.#plain()
    return plain !== undefined && keywords.includes(plain)
  }

  #isOperator(...texts: readonly string[]): boolean {
    const token = this.#tokens[this.#at]
    return token?.type === 'operator' && texts.includes(token.text)
  }

  #expect(keyword: string): void {
    if (!this.#isKeyword(keyword)) {
      throw new ShellSyntaxError(`syntax error: unexpected ${this.#describe()} (expecting "${keyword}")`)
    }
    this.#at++
  }

  #expectOperator(text: string): void {
    if (!this.#isOperator(text)) {
      throw new ShellSyntaxError(`syntax error: unexpected ${this.#describe()} (expecting "${text}")`)
    }
    this.#at++
  }

  #newlines(): void {
    while (this.#tokens[this.#at]?.type === 'newline') this.#at++
  }

  #skip(): void {
    while (this.#tokens[this.#at]?.type === 'newline' || this.#isOperator(';')) this.#at++
  }

  #describe(): string {
    const token = this.#tokens[this.#at]
    if (token === undefined) return 'end of file'
    if (token.type === 'newline') return 'newline'
    if (token.type === 'operator') return `"${token.text}"`
    if (token.type === 'redirect') return 'redirection'
    return `"${token.plain ?? 'word'}"`
  }
}

function isOperatorToken(token: Token | undefined, text: string): boolean {
  return token?.type === 'operator' && token.text === text
}

function assignmentOf(word: Word): Assignment | undefined {
  const first = word[0]
  if (first?.type !== 'text' || first.quoted) return undefined
  const match = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(first.text)
  if (match === null) return undefined
  const rest: WordPart[] = match[2] === '' ? [] : [{ ...first, text: match[2]! }]
  return { name: match[1]!, value: [...rest, ...word.slice(1)] }
}
