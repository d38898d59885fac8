/** Objects as YAML for people. */
import { stringify } from 'yaml'

/** Lines of the value as YAML, at most `most` of them. */
export function formatYaml(value: unknown, most = 500): string[] {
  const lines = stringify(value, { lineWidth: 0 }).trimEnd().split('\n')
  return lines.length > most ? [...lines.slice(0, most), `... ${lines.length - most} more lines`] : lines
}
