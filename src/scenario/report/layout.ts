/** Lays text out for a terminal: columns, wrapping, colours, times. */

/** How to mark text; picocolors is one. Its functions return their argument unchanged where no colours are wanted. */
export interface Palette {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
  cyan(text: string): string
}

/** Virtual time since the start: `0.012s`, `5m40.1s`, `1h02m40s`; about as wide whatever its size. */
export function formatElapsed(ms: number): string {
  const rounded = Math.round(ms)
  if (rounded < 60_000) return `${(rounded / 1000).toFixed(3)}s`
  if (rounded < 3_600_000) {
    const tenths = Math.floor(rounded / 100)
    return `${Math.floor(tenths / 600)}m${((tenths % 600) / 10).toFixed(1).padStart(4, '0')}s`
  }
  const seconds = Math.floor(rounded / 1000)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${Math.floor(seconds / 3600)}h${two(Math.floor((seconds % 3600) / 60))}m${two(seconds % 60)}s`
}

/** Breaks at spaces so that no line is longer than `width`; a single longer word is broken, after a sign if it has one. */
export function wrap(text: string, width: number): string[] {
  const limit = Math.max(10, width)
  const lines: string[] = []
  let line = ''
  for (let word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > limit) {
      lines.push(line)
      line = ''
    }
    while (word.length > limit) {
      if (line !== '') {
        lines.push(line)
        line = ''
      }
      const head = /^.*[/:,.[\]-]/.exec(word.slice(0, limit))?.[0] ?? word.slice(0, limit)
      lines.push(head)
      word = word.slice(head.length)
    }
    line = line === '' ? word : `${line} ${word}`
  }
  lines.push(line)
  return lines
}

/** At most `width` characters; what is cut from the middle becomes an ellipsis, so that both ends can be told apart. */
export function shorten(text: string, width: number): string {
  if (text.length <= width) return text
  const head = Math.ceil((width - 1) / 2)
  return `${text.slice(0, head)}…${text.slice(text.length - (width - 1 - head))}`
}
