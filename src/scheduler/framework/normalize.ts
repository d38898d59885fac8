/** Upstream's usual ways to bring raw scores into 0..100 (plugins/helper/normalize_score.go). Integers, truncated. */
import { MAX_NODE_SCORE } from './plugin.ts'

/** In proportion to the highest. `reverse`: the lowest raw score is the best. */
export function normalizeByMaximum(scores: Float64Array, count: number, reverse: boolean): void {
  let highest = 0
  for (let i = 0; i < count; i++) if (scores[i]! > highest) highest = scores[i]!
  if (highest === 0) {
    if (reverse) scores.fill(MAX_NODE_SCORE, 0, count)
    return
  }
  for (let i = 0; i < count; i++) {
    const share = Math.trunc((MAX_NODE_SCORE * scores[i]!) / highest)
    scores[i] = reverse ? MAX_NODE_SCORE - share : share
  }
}
