/**
 * The one place where undetermined things are decided: which runnable event goes first, whether a message
 * is lost. **0 is always the benign answer**, so the chooser that always says 0 gives the reference run.
 */
export interface Chooser {
  /**
   * False when every answer is 0. Callers test it before they build a key, so that ordinary runs do not
   * pay for key strings.
   */
  readonly active: boolean

  /**
   * @param key  a name, not a position: `site-controller/a: 2nd write of Secret/key-2`. The same key is
   *             asked at most once a run.
   * @param n    number of options, >= 1
   * @returns    an integer in [0, n)
   */
  choose(key: string, n: number): number
}

/** First come, first served, nothing is ever lost. */
export const BENIGN: Chooser = { active: false, choose: () => 0 }
