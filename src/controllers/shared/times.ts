/** Times as they stand in objects, for objects that the API server has accepted. */
import { parseTime } from '../../api/time.ts'

/** Ms since the epoch; 0 for a text that is no time, which the API server stores nowhere. */
export function timeOf(text: string): number {
  return parseTime(text) ?? 0
}
