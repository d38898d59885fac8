/** The controllers of all processes, by name: what faults, lessons and tests hold on to. */
import type { ControllerManager } from '../controllers/runtime/manager.ts'
import { nearestWord } from '../kernel/nearest-word.ts'
import type { ControllerHandle } from './cluster.ts'
import { controllerName } from './control-plane.ts'
import { toMs } from './duration.ts'

/** One handle for each name, in the order in which they were started. @param managers by the name of their process */
export function controllerHandles(managers: ReadonlyMap<string, ControllerManager>): ControllerHandle[] {
  const owners = new Map<string, [process: string, ControllerManager][]>()
  for (const [process, manager] of managers) {
    for (const name of manager.controllers) {
      const list = owners.get(name)
      if (list === undefined) owners.set(name, [[process, manager]])
      else list.push([process, manager])
    }
  }
  return [...owners].map(([name, list]) => handleOf(name, list))
}

/** By its name, or by the short one that `controllers` takes too. @throws when there is none */
export function findController(handles: readonly ControllerHandle[], name: string): ControllerHandle {
  const found = handles.find((it) => it.name === name || it.name === controllerName(name))
  if (found !== undefined) return found
  const near = nearestWord(
    name,
    handles.flatMap((it) => [it.name, it.name.replace(/-controller$/, '')]),
  )
  throw new Error(`there is no controller "${name}"${near === undefined ? '' : `; did you mean ${near}?`}`)
}

function handleOf(name: string, owners: readonly [process: string, ControllerManager][]): ControllerHandle {
  const managers = owners.map(([, manager]) => manager)
  const controls = managers.map((it) => it.control(name))
  return {
    name,
    processes: owners.map(([process]) => process),
    get paused() {
      return controls.some((it) => it.paused)
    },
    pause() {
      for (const it of controls) it.pause()
    },
    resume() {
      for (const it of controls) it.resume()
    },
    step(count) {
      for (const it of controls) it.step(count)
    },
    slowDown(by) {
      for (const it of controls) it.slowMs = toMs(by)
    },
    restart() {
      for (const it of managers) it.restart(name)
    },
    replace(definition) {
      for (const it of managers) it.replace(name, definition)
    },
  }
}
