/** The README's plugin, run. */
import { expect, test } from 'vitest'
import { placements } from '../../examples/scheduler/tenancy.ts'

test('pods go to their tenant, or where nobody lives', () => {
  expect(placements).toEqual({ 'acme-app': 'acme', 'other-app': 'shared' })
})
