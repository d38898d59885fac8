/** Answers "why is this object as it is?" from the journal: the chain of causes behind its last change. */
import { formatDuration } from '../kernel/duration.ts'
import type { Journal, JournalEntry } from '../kernel/journal.ts'

/** The last change of the object and what led to it, the outermost cause first; empty when nothing is kept. */
export function causesOf(journal: Journal, object: string): JournalEntry[] {
  const entries = journal.entries()
  for (let i = entries.length - 1; i >= 0; i--) {
    const entry = entries[i]!
    if (entry.object === object && (entry.type === 'commit' || entry.type === 'container')) {
      return journal.chain(entry.id).reverse()
    }
  }
  return []
}

/**
 * One line a cause: time since `start`, who, what. A request and the commit that it led to are one step for a
 * reader, so of two neighbours about the same object only the one that says more is shown.
 */
export function explainCauses(causes: readonly JournalEntry[], start: number): string {
  if (causes.length === 0) return 'nothing in the journal is about it'
  return causes
    .filter((entry, i) => entry.type !== 'request' || causes[i + 1]?.type !== 'commit')
    .map((entry, depth) => {
      const at = `+${formatDuration(Math.round(entry.time - start))}`
      const about = entry.object === '' ? '' : ` ${entry.object}:`
      const after = admissionOf(entry, causes)
      return `${'  '.repeat(Math.min(depth, 8))}${depth === 0 ? '' : '-> '}${at} ${entry.actor}${about} ${entry.text}${after}`
    })
    .join('\n')
}

/** Which admission plug-ins had a hand in what was stored, in their order: the request behind a commit knows. */
function admissionOf(entry: JournalEntry, causes: readonly JournalEntry[]): string {
  if (entry.type !== 'commit') return ''
  const { detail } = causes.find((it) => it.id === entry.cause) ?? {}
  const mutatedBy = (detail as { readonly mutatedBy?: readonly string[] } | undefined)?.mutatedBy
  return mutatedBy === undefined ? '' : `, changed on its way by ${mutatedBy.join(', ')}`
}
