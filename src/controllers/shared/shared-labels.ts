/** Pods of one template share one frozen set of labels, so most answers about labels are the answer before. */

export type Labels = Readonly<Record<string, string>> | undefined

/** The same predicate, asked again only when it is given another object than last time. */
export function bySharedLabels(predicate: (labels: Labels) => boolean): (labels: Labels) => boolean {
  let last: Labels
  let answer: boolean | undefined
  return (labels) => {
    if (answer === undefined || labels !== last) {
      answer = predicate(labels)
      last = labels
    }
    return answer
  }
}
