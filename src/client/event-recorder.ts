/**
 * Records API Events about objects with upstream's aggregation (client-go tools/record): similar events are
 * combined, identical ones raise `count`, floods are dropped. Fire and forget: recording never fails a reconcile.
 */
import type { KubeObject } from '../api/kind.ts'

export interface RecorderOptions {
  /** The node it speaks from: `source.host`. */
  readonly host?: string
  /** `events.k8s.io`: the newer API, where repetitions form a series (the scheduler's); default `core`. */
  readonly api?: 'core' | 'events.k8s.io'
}

export interface EventRecorder {
  /**
   * @param about     the object; its kind and apiVersion are filled from the scheme when absent
   * @param type      `Normal` or `Warning`
   * @param reason    UpperCamelCase: `SuccessfulCreate`
   * @param message   for people, cut at 1024 bytes
   * @param options   `fieldPath` as in `spec.containers{web}`; `action` for events.k8s.io style recorders
   */
  event(
    about: KubeObject | { readonly kind: string; readonly apiVersion: string; readonly metadata: object },
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    options?: { readonly fieldPath?: string; readonly action?: string; readonly related?: KubeObject },
  ): void
}
