/**
 * `$(NAME)` in command, args and env values (upstream: third_party/forked/golang/expansion). `$$` gives one `$`;
 * a reference that is unknown, or has no end, stays as it is.
 */
export function expand(input: string, lookup: (name: string) => string | undefined): string {
  if (!input.includes('$')) return input
  let output = ''
  let from = 0
  for (let at = 0; at < input.length; at++) {
    if (input[at] !== '$' || at + 1 >= input.length) continue
    output += input.slice(from, at)
    const next = input[at + 1]
    if (next === '$') {
      output += '$'
      at += 1
    } else if (next === '(') {
      const end = input.indexOf(')', at + 2)
      if (end < 0) {
        output += '$('
        at += 1
      } else {
        const name = input.slice(at + 2, end)
        output += lookup(name) ?? `$(${name})`
        at = end
      }
    } else {
      // Any other character after `$` is no operator: both stay.
      output += `$${next}`
      at += 1
    }
    from = at + 1
  }
  return output + input.slice(from)
}
