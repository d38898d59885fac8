/** `kubarium/vitest`: tests of controllers, from the first everyday one to the search for what breaks them. */
import { expect } from 'vitest'
import { type KubariumMatchers, matchers } from './matchers.ts'
import { simulateGlobals } from './simulated-globals.ts'

export { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest'
export { asRemote } from './as-remote.ts'
export {
  type Built,
  build,
  configMap,
  deployment,
  job,
  pod,
  secret,
  service,
} from './builders.ts'
export { customKind } from './custom-kind.ts'
export { compileSpec } from './explore/compiled-spec.ts'
export { exhaust } from './explore/exhaustive.ts'
export { ALL_FAULTS, FAULTS, type FaultName } from './explore/faults.ts'
export { after, before } from './explore/hands.ts'
export { type Failure, type SearchOptions, type SearchResult, search } from './explore/search.ts'
export {
  ok,
  type Remote,
  type ScenarioContext,
  type SimEvent,
  type SimSpec,
  simulation,
  type Truth,
} from './explore/spec.ts'
export { type FaultKit, faults, LEGAL } from './fault-kit.ts'
export { test } from './fixture.ts'
export { instantKubelet } from './instant-kubelet.ts'
export { resource } from './resource.ts'
export { sim, simTest } from './sim-test.ts'

expect.extend(matchers)
simulateGlobals()

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: the shape that vitest's own interface has.
  interface Matchers<T = any> extends KubariumMatchers<T> {}
}
