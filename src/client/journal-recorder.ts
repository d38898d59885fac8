/** Records nothing in the API: what there is to say goes to the journal only. For simulations without Events. */
import type { KubeObject } from '../api/kind.ts'
import { clip, journalEvent } from './event-name.ts'
import type { EventRecorder } from './event-recorder.ts'
import type { Process } from './process.ts'

export class JournalRecorder implements EventRecorder {
  readonly #process: Process
  readonly #component: string

  constructor(process: Process, component: string) {
    this.#process = process
    this.#component = component
  }

  event(about: KubeObject, _type: 'Normal' | 'Warning', reason: string, text: string): void {
    if (!this.#process.alive || !this.#process.journal.enabled) return
    journalEvent(this.#process, this.#component, about, reason, clip(text))
  }
}
