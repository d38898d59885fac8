/** All steps by the key that a scenario names them with. */
import { advance } from './advance.ts'
import { answers } from './answers.ts'
import { apply } from './apply.ts'
import { assert } from './assert.ts'
import { create } from './create.ts'
import { cron } from './cron.ts'
import { remove } from './delete.ts'
import { describe } from './describe.ts'
import { drain } from './drain.ts'
import { error } from './error.ts'
import { events } from './events.ts'
import { explain } from './explain.ts'
import { fault } from './fault.ts'
import { get } from './get.ts'
import { job } from './job.ts'
import { metric } from './metric.ts'
import { patch } from './patch.ts'
import { podLogs } from './pod-logs.ts'
import { print } from './print.ts'
import { request } from './request.ts'
import { rollout } from './rollout.ts'
import { scale } from './scale.ts'
import { script } from './script.ts'
import { settle } from './settle.ts'
import { sleep } from './sleep.ts'
import { wait } from './wait.ts'
import { whatIf } from './what-if.ts'
import { why } from './why.ts'

export const STEPS = {
  apply,
  create,
  patch,
  delete: remove,
  assert,
  error,
  wait,
  sleep,
  settle,
  advance,
  scale,
  metric,
  rollout,
  job,
  cron,
  drain,
  fault,
  request,
  answers,
  script,
  get,
  describe,
  events,
  podLogs,
  why,
  explain,
  whatIf,
  print,
}

export type StepName = keyof typeof STEPS
