/** How input that is wrong is told to who wrote it. */

/** Where something stands in a text; line and column count from 1. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** What a person gave us is wrong: `message` names the place, `hint` the way out. */
export class InputError extends Error {
  override readonly name = 'InputError'
  readonly place: Place | undefined
  readonly hint: string | undefined
  /** The message without its place. */
  readonly problem: string

  constructor(problem: string, place?: Place, hint?: string) {
    super(place === undefined ? problem : `${formatPlace(place)}: ${problem}`)
    this.problem = problem
    this.place = place
    this.hint = hint
  }
}

/** `web.yaml:3:5`, or only the file when the line is not known. */
export function formatPlace(place: Place): string {
  return place.line > 0 ? `${place.file}:${place.line}:${place.column}` : place.file
}
