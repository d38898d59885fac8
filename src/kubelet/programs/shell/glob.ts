/** File name patterns: `*`, `?`, `[a-z]`. */
import type { Vfs } from '../vfs.ts'

export function isPattern(text: string): boolean {
  return /[*?[]/.test(text)
}

/** Matches a whole text; runs in time linear in pattern x text, whatever the pattern. */
export function matchesPattern(pattern: string, text: string): boolean {
  let p = 0
  let t = 0
  let star = -1
  let mark = 0
  while (t < text.length) {
    const set = pattern[p] === '[' ? setAt(pattern, p) : undefined
    if (pattern[p] === '*') {
      star = p++
      mark = t
    } else if (
      p < pattern.length &&
      (pattern[p] === '?' || (set === undefined ? pattern[p] === text[t] : set.has(text[t]!)))
    ) {
      p = set === undefined ? p + 1 : set.end
      t++
    } else if (star >= 0) {
      p = star + 1
      t = ++mark
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}

function setAt(pattern: string, at: number): { end: number; has(char: string): boolean } | undefined {
  const close = pattern.indexOf(']', at + 2)
  if (close < 0) return undefined
  let body = pattern.slice(at + 1, close)
  const negated = body[0] === '!' || body[0] === '^'
  if (negated) body = body.slice(1)
  const has = (char: string) => {
    for (let i = 0; i < body.length; i++) {
      if (body[i + 1] === '-' && i + 2 < body.length) {
        if (char >= body[i]! && char <= body[i + 2]!) return true
        i += 2
      } else if (body[i] === char) return true
    }
    return false
  }
  return { end: close + 1, has: (char) => has(char) !== negated }
}

/** Paths that match, sorted; none: the pattern itself, as a shell leaves it. */
export function glob(pattern: string, cwd: string, fs: Vfs): string[] {
  const absolute = pattern.startsWith('/')
  let found = [absolute ? '/' : '']
  for (const part of pattern.split('/').filter((it) => it !== '')) {
    const next: string[] = []
    for (const base of found) {
      const join = (name: string) => (base === '' ? name : base === '/' ? `/${name}` : `${base}/${name}`)
      const directory = base === '' ? cwd : base.startsWith('/') ? base : `${cwd}/${base}`
      if (!isPattern(part)) {
        if (fs.exists(`${directory}/${part}`)) next.push(join(part))
        continue
      }
      if (!fs.exists(directory) || fs.stat(directory).type !== 'directory') continue
      for (const name of fs.list(directory)) {
        if ((name.startsWith('.') && !part.startsWith('.')) || !matchesPattern(part, name)) continue
        next.push(join(name))
      }
    }
    found = next
  }
  return found.length > 0 ? found.sort() : [pattern]
}
